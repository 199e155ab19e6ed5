// A thread an Element (f32 or vec4f). Five inputs and three results: the eight storage buffers that WebGPU guarantees.
@group(0) @binding(0) var<storage, read> parameters: array<Element>;
@group(0) @binding(1) var<storage, read> gradients: array<Element>;
@group(0) @binding(2) var<storage, read> first: array<Element>;
@group(0) @binding(3) var<storage, read> second: array<Element>;
@group(0) @binding(4) var<storage, read> schedule: array<f32>;
@group(0) @binding(5) var<storage, read_write> next_parameters: array<Element>;
@group(0) @binding(6) var<storage, read_write> next_first: array<Element>;
@group(0) @binding(7) var<storage, read_write> next_second: array<Element>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (i >= COUNT) {
    return;
  }
  let rate = schedule[0];
  let gradient = gradients[i] * schedule[3];
  let m = BETA1 * first[i] + (1.0 - BETA1) * gradient;
  let v = BETA2 * second[i] + (1.0 - BETA2) * gradient * gradient;
  let direction = m * schedule[1] / (sqrt(v * schedule[2]) + EPSILON);
  next_parameters[i] = parameters[i] - rate * (direction + DECAY * parameters[i]);
  next_first[i] = m;
  next_second[i] = v;
}
