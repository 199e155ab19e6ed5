// One workgroup a query of a head. Keys come in chunks of WORKGROUP_SIZE: a thread scores one key, then owns columns of
// the result. The softmax is rescaled from chunk to chunk (Milakov & Gimelshein 2018), so any number of keys fits.
// sum_of_all and largest_of_all stand in webgpu/; the result's binding, bias_at and the key range are generated.
@group(0) @binding(0) var<storage, read> q: array<f32>;  // (B, QUERIES, WIDTH)
@group(0) @binding(1) var<storage, read> k: array<f32>;  // (B, KEYS, WIDTH)
@group(0) @binding(2) var<storage, read> v: array<f32>;

var<workgroup> query: array<f32, HEAD>;
var<workgroup> weights: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;  // (B, QUERIES, HEADS)
  if (row >= ROWS) {
    return;
  }
  let i = (row / HEADS) % QUERIES;
  let batch = row / (HEADS * QUERIES);
  let columns = (row % HEADS) * HEAD;
  let query_base = (batch * QUERIES + i) * WIDTH + columns;
  let key_base = batch * KEYS * WIDTH + columns;

  for (var d = local; d < HEAD; d += WORKGROUP_SIZE) {
    query[d] = q[query_base + d];
  }
  workgroupBarrier();

  var sums: array<f32, COLUMNS>;
  var largest = LOWEST;
  var total = 0.0;
  for (var start = key_start(i); start < key_end(i); start += WORKGROUP_SIZE) {
    let count = min(WORKGROUP_SIZE, key_end(i) - start);
    var score = LOWEST;
    if (local < count) {
      let base = key_base + (start + local) * WIDTH;
      score = 0.0;
      for (var d = 0u; d < HEAD; d++) {
        score = fma(query[d], k[base + d], score);
      }
      score = score * SCALE + bias_at(batch, i, start + local);
    }
    let new_largest = max(largest, largest_of_all(local, score));
    let weight = select(0.0, exp(score - new_largest), local < count);
    let rescale = exp(largest - new_largest);
    weights[local] = weight;
    total = total * rescale + sum_of_all(local, weight);
    largest = new_largest;
    for (var c = 0u; c < COLUMNS; c++) {
      let d = c * WORKGROUP_SIZE + local;
      if (d < HEAD) {
        var value = sums[c] * rescale;
        for (var j = 0u; j < count; j++) {
          value = fma(weights[j], v[key_base + (start + j) * WIDTH + d], value);
        }
        sums[c] = value;
      }
    }
    workgroupBarrier();
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let d = c * WORKGROUP_SIZE + local;
    if (d < HEAD) {
      result[query_base + d] = sums[c] / total;
    }
  }
}
