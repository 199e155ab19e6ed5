// A thread an Element of the values (..., WIDTH); the table's other rows are in `result` already.
@group(0) @binding(0) var<storage, read> values: array<Element>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> result: array<Element>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (i >= COUNT) {
    return;
  }
  let row = u32(indices[i / WIDTH]);
  if (row < ROWS) {
    result[row * WIDTH + i % WIDTH] = values[i];
  }
}
