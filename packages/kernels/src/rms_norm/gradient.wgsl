// Gradient of the root-mean-square norm: r * (g - n * mean(g * n)), n = x * r, r = inverseSqrt(mean(x * x) + EPSILON).
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

var<workgroup> partial: array<vec2f, WORKGROUP_SIZE>;  // sums of x * x and of g * x

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (group.y * groups.x + group.x) * (WORKGROUP_SIZE / LANES) + local / LANES;
  let lane = local % LANES;
  let base = row * CHANNELS;
  var sums = vec2f(0.0);
  if (row < ROWS) {
    for (var i = lane; i < CHANNELS; i += LANES) {
      sums += x[base + i] * vec2f(x[base + i], g[base + i]);
    }
  }
  partial[local] = sums;
  workgroupBarrier();
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    if (lane < step) {
      partial[local] += partial[local + step];
    }
    workgroupBarrier();
  }
  let means = partial[local - lane] / f32(CHANNELS);
  let r = inverseSqrt(means.x + EPSILON);
  if (row < ROWS) {
    for (var i = lane; i < CHANNELS; i += LANES) {
      result[base + i] = r * (g[base + i] - x[base + i] * r * r * means.y);
    }
  }
}
