// Rows of a product that are pixels' surroundings: SIZE x SIZE pixels of CHANNELS numbers, zeros outside the picture and beyond K.
//: if VECTORS
@group(0) @binding(0) var<storage, read> x: array<vec4f>;   // (B, HEIGHT, WIDTH, CHANNELS)
//: end
//: if not VECTORS
@group(0) @binding(0) var<storage, read> x: array<f32>;     // (B, HEIGHT, WIDTH, CHANNELS)
//: end

struct Place {
  pixel: i32,
  top: i32,
  left: i32,
}

fn place_of(row: u32) -> Place {
  return Place(i32(row), i32((row / WIDTH) % HEIGHT), i32(row % WIDTH));
}

/// Index of a pixel under a tap, or -1 outside the picture.
fn pixel_under(place: Place, tap: u32) -> i32 {
  let dy = i32(tap / SIZE) - i32(SIZE / 2u);
  let dx = i32(tap % SIZE) - i32(SIZE / 2u);
  let top = place.top + dy;
  let left = place.left + dx;
  let inside = tap < SIZE * SIZE && top >= 0 && top < i32(HEIGHT) && left >= 0 && left < i32(WIDTH);
  return select(-1, place.pixel + dy * i32(WIDTH) + dx, inside);
}

//: if VECTORS
fn load_a(place: Place, i: u32) -> vec4f {
  let pixel = pixel_under(place, i / CHANNELS);
  return select(vec4f(0.0), x[(u32(max(pixel, 0)) * CHANNELS + i % CHANNELS) / 4u], pixel >= 0);
}
//: end
//: if not VECTORS
fn number(place: Place, i: u32) -> f32 {
  let pixel = pixel_under(place, i / CHANNELS);
  return select(0.0, x[u32(max(pixel, 0)) * CHANNELS + i % CHANNELS], pixel >= 0);
}
fn load_a(place: Place, i: u32) -> vec4f {
  return vec4f(number(place, i), number(place, i + 1u), number(place, i + 2u), number(place, i + 3u));
}
//: end
