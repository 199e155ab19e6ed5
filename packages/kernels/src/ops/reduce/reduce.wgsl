// LANES threads share one result; RESULTS = WORKGROUP_SIZE / LANES results a workgroup.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * RESULTS + local / LANES;
  let lane = local % LANES;
  var total = START;
  if (index < COUNT) {
    let base = kept_offset(index);
    for (var i = lane; i < LENGTH; i += LANES) {
      total = combine(total, x[base + reduced_offset(i)]);
    }
  }
  partial[local] = total;
  workgroupBarrier();
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    if (lane < step) {
      partial[local] = combine(partial[local], partial[local + step]);
    }
    workgroupBarrier();
  }
  if (lane == 0u && index < COUNT) {
    result[index] = partial[local];
  }
}
