// A thread a number of the frame: the sum over all pixels and shifts that read it. The outermost pixels are read for
// everything beyond them too, so for them a pixel has a range of shifts instead of one.
@group(0) @binding(0) var<storage, read> weights: array<f32>;   // (B, ROWS * COLUMNS, SIDE * SIDE)
@group(0) @binding(1) var<storage, read> gradient: array<f32>;  // (B, HEIGHT, WIDTH, CHANNELS) of the warped frame
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

// First and last shift index along an axis under which `pixel` reads `source`.
fn shifts_to(source: u32, pixel: u32, size: u32) -> vec2u {
  let exact = source + RADIUS - pixel;
  return vec2u(select(exact, 0u, source == 0u), select(exact, SIDE - 1u, source == size - 1u));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (n >= BATCH * HEIGHT * WIDTH * CHANNELS) {
    return;
  }
  let c = n % CHANNELS;
  let column = (n / CHANNELS) % WIDTH;
  let row = (n / (CHANNELS * WIDTH)) % HEIGHT;
  let b = n / (CHANNELS * WIDTH * HEIGHT);
  var sum = 0.0;
  for (var y = max(row, RADIUS) - RADIUS; y <= min(row + RADIUS, HEIGHT - 1u); y++) {
    let dy = shifts_to(row, y, HEIGHT);
    for (var x = max(column, RADIUS) - RADIUS; x <= min(column + RADIUS, WIDTH - 1u); x++) {
      let dx = shifts_to(column, x, WIDTH);
      let tile = ((b * ROWS + y / TILE) * COLUMNS + x / TILE) * SIDE * SIDE;
      var weight = 0.0;
      for (var i = dy.x; i <= dy.y; i++) {
        for (var j = dx.x; j <= dx.y; j++) {
          weight += weights[tile + i * SIDE + j];
        }
      }
      sum = fma(weight, gradient[((b * HEIGHT + y) * WIDTH + x) * CHANNELS + c], sum);
    }
  }
  result[n] = sum;
}
