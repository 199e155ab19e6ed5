// A thread sums up one number of a turned block: SIZE times as much work, without workgroup memory.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= COUNT) {
    return;
  }
  let row = index % SIZE;
  var total = 0.0;
  for (var i = 0u; i < SIZE; i++) {
    let value = x[index - row + i];
    total += select(value, -value, (countOneBits(row & i) & 1u) == 1u);
  }
  result[index] = total * NORM;
}
