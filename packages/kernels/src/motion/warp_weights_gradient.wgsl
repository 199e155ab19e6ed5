// One workgroup a tile, whose window of the frame is loaded first; a thread takes shifts in turn.
@group(0) @binding(0) var<storage, read> frame: array<f32>;     // (B, HEIGHT, WIDTH, CHANNELS)
@group(0) @binding(1) var<storage, read> gradient: array<f32>;  // of the warped frame
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
      let line = ((b * HEIGHT + first_row + y) * WIDTH + first_column) * CHANNELS;
      for (var n = 0u; n < TILE * CHANNELS; n++) {
        let x = n / CHANNELS;
        sum = fma(gradient[line + n], window_at(y + shift / SIDE, x + shift % SIDE, n % CHANNELS), sum);
      }
    }
    result[index * SIDE * SIDE + shift] = sum;
  }
}
