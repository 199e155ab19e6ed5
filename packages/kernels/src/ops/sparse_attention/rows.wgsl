// A thread a query of a head, of any width: two walks over the listed blocks, for the softmax's statistics and the result.
@group(0) @binding(0) var<storage, read> q: array<f32>;  // (B, QUERIES, WIDTH)
@group(0) @binding(1) var<storage, read> k: array<f32>;  // (B, KEYS, WIDTH)
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> indptr: array<i32>;
@group(0) @binding(4) var<storage, read> indices: array<i32>;
@group(0) @binding(5) var<storage, read_write> result: array<f32>;

fn score_of(query: u32, key: u32) -> f32 {
  var score = 0.0;
  for (var d = 0u; d < HEAD; d++) {
    score = fma(q[query + d], k[key + d], score);
  }
  return score * SCALE;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  //: include listed_keys
  var largest = LOWEST;
  for (var n = 0u; n < keys; n++) {
    let key = u32(indices[first + n / KEY_BLOCK]) * KEY_BLOCK + n % KEY_BLOCK;
    largest = max(largest, score_of(query, base + key * WIDTH));
  }
  for (var d = 0u; d < HEAD; d++) {
    result[query + d] = 0.0;
  }
  var total = 0.0;
  for (var n = 0u; n < keys; n++) {
    let key = base + (u32(indices[first + n / KEY_BLOCK]) * KEY_BLOCK + n % KEY_BLOCK) * WIDTH;
    let weight = exp(score_of(query, key) - largest);
    total += weight;
    for (var d = 0u; d < HEAD; d++) {
      result[query + d] = fma(weight, v[key + d], result[query + d]);
    }
  }
  for (var d = 0u; d < HEAD; d++) {
    result[query + d] = select(result[query + d] / total, 0.0, keys == 0u);
  }
}
