// A workgroup takes TILE queries of one head, a thread one query with its result in registers. Keys and values pass
// through workgroup memory TILE_KEYS at a time, and the softmax is rescaled as it goes (FlashAttention, Dao et al. 2022).
// Heads are VECTORS vec4s wide. The result's binding, bias_at and the key range are generated.
@group(0) @binding(0) var<storage, read> q: array<vec4f>;  // (B, QUERIES, WIDTH / 4)
@group(0) @binding(1) var<storage, read> k: array<vec4f>;  // (B, KEYS, WIDTH / 4)
@group(0) @binding(2) var<storage, read> v: array<vec4f>;

const WIDTH4 = WIDTH / 4u;

var<workgroup> k_tile: array<vec4f, TILE_KEYS * VECTORS>;
var<workgroup> v_tile: array<vec4f, TILE_KEYS * VECTORS>;

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = group.x * TILE;
  let i = min(first + local, QUERIES - 1u);
  let last = min(first + TILE, QUERIES) - 1u;
  let columns = group.y * VECTORS;
  let query_base = (group.z * QUERIES + i) * WIDTH4 + columns;
  let key_base = group.z * KEYS * WIDTH4 + columns;

  var query: array<vec4f, VECTORS>;
  var sums: array<vec4f, VECTORS>;
  for (var d = 0u; d < VECTORS; d++) {
    query[d] = q[query_base + d] * SCALE;
  }
  var largest = LOWEST;
  var total = 0.0;
  // Ranges grow with the query, so the tile needs the first's start to the last's end.
  for (var start = key_start(first); start < key_end(last); start += TILE_KEYS) {
    let count = min(TILE_KEYS, key_end(last) - start);
    for (var n = local; n < count * VECTORS; n += TILE) {
      let source = key_base + (start + n / VECTORS) * WIDTH4 + n % VECTORS;
      k_tile[n] = k[source];
      v_tile[n] = v[source];
    }
    workgroupBarrier();

    var scores: array<f32, TILE_KEYS>;
    var new_largest = largest;
    for (var j = 0u; j < count; j++) {
      var score = vec4f(0.0);
      for (var d = 0u; d < VECTORS; d++) {
        score = fma(query[d], k_tile[j * VECTORS + d], score);
      }
      scores[j] = score.x + score.y + score.z + score.w + bias_at(group.z, i, start + j);
      if (start + j < key_start(i) || start + j >= key_end(i)) {
        scores[j] = LOWEST;
      }
      new_largest = max(new_largest, scores[j]);
    }
    let rescale = exp(largest - new_largest);
    largest = new_largest;
    total *= rescale;
    for (var d = 0u; d < VECTORS; d++) {
      sums[d] *= rescale;
    }
    for (var j = 0u; j < count; j++) {
      // A tile may hold no key that this query sees: then every score is LOWEST, which must not count.
      let weight = select(exp(scores[j] - largest), 0.0, scores[j] == LOWEST);
      total += weight;
      for (var d = 0u; d < VECTORS; d++) {
        sums[d] = fma(vec4f(weight), v_tile[j * VECTORS + d], sums[d]);
      }
    }
    workgroupBarrier();
  }
  if (first + local < QUERIES) {
    for (var d = 0u; d < VECTORS; d++) {
      result[query_base + d] = sums[d] / total;
    }
  }
}
