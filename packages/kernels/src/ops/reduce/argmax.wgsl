// Index of the largest of LENGTH values a row; strict comparison keeps the lowest index on ties.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<i32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (row >= COUNT) {
    return;
  }
  var best = 0u;
  for (var i = 1u; i < LENGTH; i++) {
    if (x[row * LENGTH + i] > x[row * LENGTH + best]) {
      best = i;
    }
  }
  result[row] = i32(best);
}
