// The part of a frame that a tile's shifts reach, in workgroup memory. The frame's binding is generated.
var<workgroup> window: array<f32, WINDOW * WINDOW * CHANNELS>;

fn load_window(b: u32, first_row: u32, first_column: u32, local: u32) {
  for (var n = local; n < WINDOW * WINDOW * CHANNELS; n += WORKGROUP_SIZE) {
    let c = n % CHANNELS;
    let u = (n / CHANNELS) % WINDOW;
    let v = n / (CHANNELS * WINDOW);
    let row = clamp(i32(first_row + v) - i32(RADIUS), 0, i32(HEIGHT) - 1);
    let column = clamp(i32(first_column + u) - i32(RADIUS), 0, i32(WIDTH) - 1);
    window[n] = frame[((b * HEIGHT + u32(row)) * WIDTH + u32(column)) * CHANNELS + c];
  }
  workgroupBarrier();
}

// The frame at row v and column u of the window.
fn window_at(v: u32, u: u32, c: u32) -> f32 {
  return window[(v * WINDOW + u) * CHANNELS + c];
}
