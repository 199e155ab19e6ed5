// One workgroup a tile, whose window of the frame is loaded first; a thread takes pixels and channels in turn.
@group(0) @binding(0) var<storage, read> frame: array<f32>;    // (B, HEIGHT, WIDTH, CHANNELS)
@group(0) @binding(1) var<storage, read> weights: array<f32>;  // (B, ROWS * COLUMNS, SIDE * SIDE)
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

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
  for (var n = local; n < TILE * TILE * CHANNELS; n += WORKGROUP_SIZE) {
    let c = n % CHANNELS;
    let x = (n / CHANNELS) % TILE;
    let y = n / (CHANNELS * TILE);
    var sum = 0.0;
    for (var dy = 0u; dy < SIDE; dy++) {
      for (var dx = 0u; dx < SIDE; dx++) {
        sum = fma(weights[index * SIDE * SIDE + dy * SIDE + dx], window_at(y + dy, x + dx, c), sum);
      }
    }
    result[((b * HEIGHT + first_row + y) * WIDTH + first_column + x) * CHANNELS + c] = sum;
  }
}
