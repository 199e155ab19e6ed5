// Heads as signed bytes with a scale each, the largest magnitude becoming 127: a thread a head of a position.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;             // (COUNT, VECTORS)
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;    // (COUNT, VECTORS)
@group(0) @binding(2) var<storage, read_write> scales: array<f32>;    // (COUNT)

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;
  if (i >= COUNT) {
    return;
  }
  var most = vec4f(0.0);
  for (var d = 0u; d < VECTORS; d++) {
    most = max(most, abs(x[i * VECTORS + d]));
  }
  let largest = max(max(max(most.x, most.y), max(most.z, most.w)), LEAST_LARGEST);
  let factor = 127.0 / largest;
  scales[i] = largest / 127.0;
  for (var d = 0u; d < VECTORS; d++) {
    packed[i * VECTORS + d] = pack4xI8(vec4i(clamp(round(x[i * VECTORS + d] * factor), vec4f(-127.0), vec4f(127.0))));
  }
}
