// Reductions over all threads of a workgroup, by subgroups; every thread gets the result, and all must call. Subgroups may have
// any size and hold any threads: a subgroup's part stands at the place of its first thread, what changes nothing at the others.
var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn largest_of_all(local: u32, value: f32) -> f32 {
  let part = subgroupMax(value);
  partial[local] = select(value, part, subgroupElect());
  workgroupBarrier();
  let lanes = subgroupAdd(1u);
  var largest = value;
  for (var i = subgroupExclusiveAdd(1u); i < WORKGROUP_SIZE; i += lanes) {
    largest = max(largest, partial[i]);
  }
  let result = subgroupMax(largest);
  workgroupBarrier();
  return result;
}

fn sum_of_all(local: u32, value: f32) -> f32 {
  let part = subgroupAdd(value);
  partial[local] = select(0.0, part, subgroupElect());
  workgroupBarrier();
  let lanes = subgroupAdd(1u);
  var rest = 0.0;
  for (var i = subgroupExclusiveAdd(1u); i < WORKGROUP_SIZE; i += lanes) {
    rest += partial[i];
  }
  let result = subgroupAdd(rest);
  workgroupBarrier();
  return result;
}
