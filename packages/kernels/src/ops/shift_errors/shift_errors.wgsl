// Mean absolute difference of a shifted picture and the next one: a workgroup a shift of a batch item.
@group(0) @binding(0) var<storage, read> previous: array<f32>;
@group(0) @binding(1) var<storage, read> current: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

const SHIFTS_X = 2u * RANGE_X + 1u;
const SHIFTS = (2u * RANGE_Y + 1u) * SHIFTS_X;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = min(group.y * groups.x + group.x, COUNT - 1u);
  let picture = (index / SHIFTS) * HEIGHT * WIDTH;
  // The border is at least the range, so these stay positive.
  let first_y = BORDER_Y + (index % SHIFTS) / SHIFTS_X - RANGE_Y;
  let first_x = BORDER_X + (index % SHIFTS_X) - RANGE_X;
  var total = 0.0;
  for (var i = lane; i < ROWS * COLUMNS; i += WORKGROUP_SIZE) {
    let y = i / COLUMNS;
    let x = i % COLUMNS;
    let shifted = previous[picture + (first_y + y) * WIDTH + first_x + x];
    total += abs(shifted - current[picture + (BORDER_Y + y) * WIDTH + BORDER_X + x]);
  }
  partial[lane] = total;
  workgroupBarrier();
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (lane < step) {
      partial[lane] += partial[lane + step];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    result[index] = partial[0] / f32(ROWS * COLUMNS);
  }
}
