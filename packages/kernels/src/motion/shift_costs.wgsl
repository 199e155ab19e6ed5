// One workgroup a tile, whose window of the previous frame is loaded first; a thread takes shifts in turn.
@group(0) @binding(0) var<storage, read> frame: array<f32>;    // (B, HEIGHT, WIDTH), the previous one
@group(0) @binding(1) var<storage, read> current: array<f32>;  // (B, HEIGHT, WIDTH)
@group(0) @binding(2) var<storage, read_write> result: array<f32>;  // (B, ROWS * COLUMNS, SIDE * SIDE)

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;  // (B, ROWS, COLUMNS)
  if (index >= TILES) {
    return;
  }
  let b = index / (ROWS * COLUMNS);
  let first_row = ((index / COLUMNS) % ROWS) * TILE;
  let first_column = (index % COLUMNS) * TILE;
  load_window(b, first_row, first_column, local);
  for (var shift = local; shift < SIDE * SIDE; shift += WORKGROUP_SIZE) {
    var sum = 0.0;
    for (var y = 0u; y < TILE; y++) {
      let line = (b * HEIGHT + first_row + y) * WIDTH + first_column;
      for (var x = 0u; x < TILE; x++) {
        sum += abs(window_at(y + shift / SIDE, x + shift % SIDE, 0u) - current[line + x]);
      }
    }
    result[index * SIDE * SIDE + shift] = sum / f32(TILE * TILE);
  }
}
