// Adds the rows of a (ROWS, COLUMNS) array: a thread a column.
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let column = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (column >= COLUMNS) {
    return;
  }
  var total = 0.0;
  for (var row = 0u; row < ROWS; row++) {
    total += partial[row * COLUMNS + column];
  }
  result[column] = total;
}
