// Reductions along the rows of a (COUNT, LENGTH) array. LANES neighbouring threads share a row, so that a workgroup
// works on ROWS = WORKGROUP_SIZE / LANES rows. Element is f32 or vec4f; LENGTH counts Elements.
var<workgroup> lanes: array<f32, WORKGROUP_SIZE>;

struct Place {
  row: u32,
  lane: u32,
  // First Element of the row, and the number that this row has: none beyond the last row.
  base: u32,
  length: u32,
}

fn place_of(group: vec3u, groups: vec3u, local: u32) -> Place {
  let row = (group.y * groups.x + group.x) * ROWS + local / LANES;
  return Place(row, local % LANES, row * LENGTH, select(0u, LENGTH, row < COUNT));
}

// Sum and maximum over the lanes of a row; every lane gets it. All threads of the workgroup must call these, since
// they wait for each other.
fn row_sum(value: f32, local: u32) -> f32 {
  lanes[local] = value;
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (local % LANES < step) {
      lanes[local] += lanes[local + step];
    }
  }
  workgroupBarrier();
  let total = lanes[local - local % LANES];
  workgroupBarrier();
  return total;
}

fn row_max(value: f32, local: u32) -> f32 {
  lanes[local] = value;
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (local % LANES < step) {
      lanes[local] = max(lanes[local], lanes[local + step]);
    }
  }
  workgroupBarrier();
  let largest = lanes[local - local % LANES];
  workgroupBarrier();
  return largest;
}
