// Gradient of keys, or of values (VALUES): a thread a key of a head, which looks for its block in each row of its batch item.
// Two passes, since WebGPU guarantees no more than eight buffers. Buffers are generated.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;  // (B, KEYS, HEADS)
  if (i >= KEY_COUNT) {
    return;
  }
  let position = i / HEADS;
  let head = i % HEADS;
  let batch = position / KEYS;
  let block = i32((position % KEYS) / KEY_BLOCK);
  let key = position * WIDTH + head * HEAD;
  for (var d = 0u; d < HEAD; d++) {
    sums[key + d] = 0.0;
  }
  let rows = QUERIES / QUERY_BLOCK;
  for (var row = batch * rows; row < (batch + 1u) * rows; row++) {
    var is_listed = false;
    for (var n = indptr[row]; n < indptr[row + 1u]; n++) {
      is_listed = is_listed | (indices[n] == block);
    }
    if (!is_listed) {
      continue;
    }
    for (var other = row * QUERY_BLOCK; other < (row + 1u) * QUERY_BLOCK; other++) {
      let query = other * WIDTH + head * HEAD;
      let found = (other * HEADS + head) * 3u;
      var score = 0.0;
      for (var d = 0u; d < HEAD; d++) {
        score = fma(q[query + d], k[key + d], score);
      }
      let weight = exp(score * SCALE - statistics[found]) / statistics[found + 1u];
      //: if VALUES
      for (var d = 0u; d < HEAD; d++) {
        sums[key + d] = fma(weight, gradient[query + d], sums[key + d]);
      }
      //: end
      //: if not VALUES
      var of_weight = 0.0;
      for (var d = 0u; d < HEAD; d++) {
        of_weight = fma(gradient[query + d], v[key + d], of_weight);
      }
      let of_score = weight * (of_weight - statistics[found + 2u]) * SCALE;
      for (var d = 0u; d < HEAD; d++) {
        sums[key + d] = fma(of_score, q[query + d], sums[key + d]);
      }
      //: end
    }
  }
}
