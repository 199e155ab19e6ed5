// The part of a frame that a tile's shifts reach, read where it lies: for windows larger than workgroup memory. The
// frame's binding is generated.
var<private> origin: vec3u;  // batch, row and column of the tile's first pixel

fn load_window(b: u32, first_row: u32, first_column: u32, local: u32) {
  origin = vec3u(b, first_row, first_column);
}

// The frame at row v and column u of the window.
fn window_at(v: u32, u: u32, c: u32) -> f32 {
  let row = clamp(i32(origin.y + v) - i32(RADIUS), 0, i32(HEIGHT) - 1);
  let column = clamp(i32(origin.z + u) - i32(RADIUS), 0, i32(WIDTH) - 1);
  return frame[((origin.x * HEIGHT + u32(row)) * WIDTH + u32(column)) * CHANNELS + c];
}
