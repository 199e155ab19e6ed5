// Gradient of the queries: a thread a query of a head.
@group(0) @binding(0) var<storage, read> q: array<f32>;           // (B, QUERIES, WIDTH)
@group(0) @binding(1) var<storage, read> k: array<f32>;           // (B, KEYS, WIDTH)
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> indptr: array<i32>;
@group(0) @binding(4) var<storage, read> indices: array<i32>;
@group(0) @binding(5) var<storage, read> gradient: array<f32>;
@group(0) @binding(6) var<storage, read> statistics: array<f32>;  // of statistics.wgsl
@group(0) @binding(7) var<storage, read_write> dq: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  //: include listed_keys
  let largest = statistics[i * 3u];
  let total = statistics[i * 3u + 1u];
  let mean = statistics[i * 3u + 2u];
  for (var d = 0u; d < HEAD; d++) {
    dq[query + d] = 0.0;
  }
  for (var n = 0u; n < keys; n++) {
    let key = base + (u32(indices[first + n / KEY_BLOCK]) * KEY_BLOCK + n % KEY_BLOCK) * WIDTH;
    var score = 0.0;
    var of_weight = 0.0;
    for (var d = 0u; d < HEAD; d++) {
      score = fma(q[query + d], k[key + d], score);
      of_weight = fma(gradient[query + d], v[key + d], of_weight);
    }
    let of_score = exp(score * SCALE - largest) / total * (of_weight - mean) * SCALE;
    for (var d = 0u; d < HEAD; d++) {
      dq[query + d] = fma(of_score, k[key + d], dq[query + d]);
    }
  }
}
