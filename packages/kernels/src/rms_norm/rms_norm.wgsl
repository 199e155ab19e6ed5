// Root-mean-square norm: LANES threads a row of CHANNELS. `gain_of` and the result are generated.
@group(0) @binding(0) var<storage, read> x: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (group.y * groups.x + group.x) * (WORKGROUP_SIZE / LANES) + local / LANES;
  let lane = local % LANES;
  let base = row * CHANNELS;
  var square = 0.0;
  if (row < ROWS) {
    for (var i = lane; i < CHANNELS; i += LANES) {
      square = fma(x[base + i], x[base + i], square);
    }
  }
  partial[local] = square;
  workgroupBarrier();
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    if (lane < step) {
      partial[local] += partial[local + step];
    }
    workgroupBarrier();
  }
  let scale = inverseSqrt(partial[local - lane] / f32(CHANNELS) + EPSILON);
  if (row < ROWS) {
    for (var i = lane; i < CHANNELS; i += LANES) {
      result[base + i] = x[base + i] * scale * gain_of(i);
    }
  }
}
