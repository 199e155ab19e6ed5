// Rows of a product that are pixels' surroundings: SIZE x SIZE pixels of CHANNELS numbers, zeros outside the picture and beyond K.
//: if WHOLE
@group(0) @binding(0) var<storage, read> x: array<vec4f>;   // (B, HEIGHT, WIDTH, CHANNELS)
//: end
//: if not WHOLE
@group(0) @binding(0) var<storage, read> x: array<f32>;     // (B, HEIGHT, WIDTH, CHANNELS)
//: end

// Of a pixel: its first number, its line and its column. Of a tap: how far its number is from there, lines and columns.
fn place_of(row: u32) -> vec3i {
  return vec3i(i32(row * CHANNELS), i32((row / WIDTH) % HEIGHT), i32(row % WIDTH));
}

fn shift_of(i: u32) -> vec3i {
  let tap = i / CHANNELS;
  let down = i32(tap / SIZE) - i32(SIZE / 2u);
  let right = i32(tap % SIZE) - i32(SIZE / 2u);
  return vec3i((down * i32(WIDTH) + right) * i32(CHANNELS) + i32(i % CHANNELS), down, right);
}

// Without a branch, of which there would be one a load: what is above or left of the picture is large without a sign.
fn is_inside(at: vec3i) -> bool {
  return all(vec2u(at.yz) < vec2u(HEIGHT, WIDTH));
}

//: if VECTORS
fn spot_of(i: u32) -> vec3i {
  return select(vec3i(0, -1000000, 0), shift_of(i), i < K);
}
//: if WHOLE
fn load_a(place: vec3i, spot: vec3i) -> vec4f {
  let at = place + spot;
  return select(vec4f(0.0), x[max(at.x, 0) / 4], is_inside(at));
}
//: end
//: if BY_LANE
fn load_one(place: vec3i, spot: vec3i) -> f32 {
  let at = place + spot;
  return select(0.0, x[u32(max(at.x, 0)) + lane], is_inside(at));
}
//: end
//: end
//: if not VECTORS
fn spot_of(i: u32) -> u32 {
  return i;
}
fn number(place: vec3i, i: u32) -> f32 {
  let at = place + shift_of(i);
  return select(0.0, x[max(at.x, 0)], (i < K) & is_inside(at));
}
fn load_a(place: vec3i, i: u32) -> vec4f {
  return vec4f(number(place, i), number(place, i + 1u), number(place, i + 2u), number(place, i + 3u));
}
//: end
