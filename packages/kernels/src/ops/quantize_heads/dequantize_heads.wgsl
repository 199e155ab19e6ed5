// Signed bytes times their head's scale: a thread a word.
@group(0) @binding(0) var<storage, read> packed: array<u32>;          // (COUNT / VECTORS, VECTORS)
@group(0) @binding(1) var<storage, read> scales: array<f32>;          // (COUNT / VECTORS)
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;  // (COUNT / VECTORS, VECTORS)

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;
  if (i >= COUNT) {
    return;
  }
  result[i] = vec4f(unpack4xI8(packed[i])) * scales[i / VECTORS];
}
