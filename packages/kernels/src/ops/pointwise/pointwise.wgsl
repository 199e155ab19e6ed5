// The declarations of operands and result and the function `compute` are generated from the steps of the kernel.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (i >= COUNT) {
    return;
  }
  result[i] = compute(i);
}
