// Reductions over all threads of a workgroup, through its memory; every thread gets the result, and all must call.
var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn largest_of_all(local: u32, value: f32) -> f32 {
  partial[local] = value;
  workgroupBarrier();
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      partial[local] = max(partial[local], partial[local + step]);
    }
    workgroupBarrier();
  }
  let result = partial[0];
  workgroupBarrier();
  return result;
}

fn sum_of_all(local: u32, value: f32) -> f32 {
  partial[local] = value;
  workgroupBarrier();
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      partial[local] += partial[local + step];
    }
    workgroupBarrier();
  }
  let result = partial[0];
  workgroupBarrier();
  return result;
}
