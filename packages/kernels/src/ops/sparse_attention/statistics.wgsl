// What the gradient needs of each query of a head: its largest score, the sum of exponentials, and the mean of the gradient of
// its weights: a thread a query of a head.
@group(0) @binding(0) var<storage, read> q: array<f32>;         // (B, QUERIES, WIDTH)
@group(0) @binding(1) var<storage, read> k: array<f32>;         // (B, KEYS, WIDTH)
@group(0) @binding(2) var<storage, read> indptr: array<i32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read> result: array<f32>;
@group(0) @binding(5) var<storage, read> gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> statistics: array<f32>;  // (B, QUERIES, HEADS, 3)

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  //: include listed_keys
  var largest = LOWEST;
  var total = 0.0;
  for (var n = 0u; n < keys; n++) {
    let key = base + (u32(indices[first + n / KEY_BLOCK]) * KEY_BLOCK + n % KEY_BLOCK) * WIDTH;
    var score = 0.0;
    for (var d = 0u; d < HEAD; d++) {
      score = fma(q[query + d], k[key + d], score);
    }
    score *= SCALE;
    let new_largest = max(largest, score);
    total = total * exp(largest - new_largest) + exp(score - new_largest);
    largest = new_largest;
  }
  var mean = 0.0;
  for (var d = 0u; d < HEAD; d++) {
    mean = fma(gradient[query + d], result[query + d], mean);
  }
  statistics[i * 3u] = largest;
  statistics[i * 3u + 1u] = total;
  statistics[i * 3u + 2u] = mean;
}
