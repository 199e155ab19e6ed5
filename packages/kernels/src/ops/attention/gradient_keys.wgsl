// One workgroup a key of a head: dk and dv. Queries that see the key come in chunks of WORKGROUP_SIZE, a thread a query;
// their weights come back from the statistics of the first pass. The bindings after the fifth, bias_at and the query
// range are generated.
@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read> statistics: array<vec2f>;  // (B, QUERIES, HEADS): log Σ exp(score), Σ p·dp

var<workgroup> key: array<f32, HEAD>;
var<workgroup> value: array<f32, HEAD>;
var<workgroup> weights: array<f32, WORKGROUP_SIZE>;
var<workgroup> of_scores: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;  // (B, KEYS, HEADS)
  if (row >= ROWS) {
    return;
  }
  let j = (row / HEADS) % KEYS;
  let batch = row / (HEADS * KEYS);
  let head = row % HEADS;
  let key_base = (batch * KEYS + j) * WIDTH + head * HEAD;
  let query_base = batch * QUERIES * WIDTH + head * HEAD;

  for (var d = local; d < HEAD; d += WORKGROUP_SIZE) {
    key[d] = k[key_base + d];
    value[d] = v[key_base + d];
  }
  workgroupBarrier();

  var key_sums: array<f32, COLUMNS>;
  var value_sums: array<f32, COLUMNS>;
  for (var start = query_start(j); start < query_end(j); start += WORKGROUP_SIZE) {
    let count = min(WORKGROUP_SIZE, query_end(j) - start);
    if (local < count) {
      let i = start + local;
      let query = query_base + i * WIDTH;
      let known = statistics[(batch * QUERIES + i) * HEADS + head];
      var score = 0.0;
      var of_weight = 0.0;
      for (var d = 0u; d < HEAD; d++) {
        score = fma(q[query + d], key[d], score);
        of_weight = fma(gradient[query + d], value[d], of_weight);
      }
      let weight = exp(score * SCALE + bias_at(batch, i, j) - known.x);
      weights[local] = weight;
      of_scores[local] = weight * (of_weight - known.y);
    }
    workgroupBarrier();
    for (var c = 0u; c < COLUMNS; c++) {
      let d = c * WORKGROUP_SIZE + local;
      if (d < HEAD) {
        for (var i = 0u; i < count; i++) {
          let query = query_base + (start + i) * WIDTH + d;
          key_sums[c] = fma(of_scores[i], q[query], key_sums[c]);
          value_sums[c] = fma(weights[i], gradient[query], value_sums[c]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let d = c * WORKGROUP_SIZE + local;
    if (d < HEAD) {
      dk[key_base + d] = key_sums[c] * SCALE;
      dv[key_base + d] = value_sums[c];
    }
  }
}
