// As rows.wgsl, with a workgroup a row: sum_of_all and largest_of_all stand in webgpu/.
struct Place {
  row: u32,
  lane: u32,
  // First Element of the row, and the number that this row has: none beyond the last row.
  base: u32,
  length: u32,
}

fn place_of(group: vec3u, groups: vec3u, local: u32) -> Place {
  let row = group.y * groups.x + group.x;
  return Place(row, local, row * LENGTH, select(0u, LENGTH, row < COUNT));
}

fn row_sum(value: f32, local: u32) -> f32 {
  return sum_of_all(local, value);
}

fn row_max(value: f32, local: u32) -> f32 {
  return largest_of_all(local, value);
}
