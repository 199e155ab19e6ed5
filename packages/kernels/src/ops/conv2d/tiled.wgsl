// Same-size convolution, channels last, as an implicit matrix product. A workgroup makes TILE_H x TILE_W pixels of one
// picture by TILE_N output channels; a thread PIXELS pixels of a row by two groups of four channels. DEPTH input
// channels at a time, the pixels with their border and one row of the filter's taps lie in workgroup memory.
// load_x, load_filter, store and the bindings are generated.
const RADIUS = i32(SIZE / 2u);
const HALO_H = TILE_H + SIZE - 1u;
const HALO_W = TILE_W + SIZE - 1u;
const SPAN = PIXELS + SIZE - 1u;
const QUADS = DEPTH / 4u;        // groups of four input channels
const GROUPS = TILE_N / 4u;      // groups of four output channels
const SHARE = GROUPS / 2u;       // threads side by side along them
const THREADS = TILE_H * TILE_W / PIXELS * SHARE;
const TILES_X = (WIDTH + TILE_W - 1u) / TILE_W;

var<workgroup> pixels: array<vec4f, HALO_H * HALO_W * QUADS>;
var<workgroup> taps: array<vec4f, SIZE * DEPTH * GROUPS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let batch = group.z;
  let first_y = group.x / TILES_X * TILE_H;
  let first_x = group.x % TILES_X * TILE_W;
  let first_output = group.y * TILE_N;
  let share = local % SHARE;
  let place = local / SHARE;
  let y = place / (TILE_W / PIXELS);
  let x = place % (TILE_W / PIXELS) * PIXELS;

  var sums: array<array<vec4f, 2>, PIXELS>;
  for (var depth = 0u; depth < INPUTS; depth += DEPTH) {
    for (var i = local; i < HALO_H * HALO_W * QUADS; i += THREADS) {
      let at = i / QUADS;
      let source_y = i32(first_y + at / HALO_W) - RADIUS;
      let source_x = i32(first_x + at % HALO_W) - RADIUS;
      pixels[i] = load_x(batch, source_y, source_x, depth + i % QUADS * 4u);
    }
    for (var dy = 0u; dy < SIZE; dy++) {
      for (var i = local; i < SIZE * DEPTH * GROUPS; i += THREADS) {
        let tap = dy * SIZE + i / (DEPTH * GROUPS);
        taps[i] = load_filter(tap, depth + i / GROUPS % DEPTH, first_output + i % GROUPS * 4u);
      }
      workgroupBarrier();
      for (var quad = 0u; quad < QUADS; quad++) {
        var line: array<vec4f, SPAN>;
        for (var i = 0u; i < SPAN; i++) {
          line[i] = pixels[((y + dy) * HALO_W + x + i) * QUADS + quad];
        }
        for (var dx = 0u; dx < SIZE; dx++) {
          let base = (dx * DEPTH + quad * 4u) * GROUPS + share;
          for (var j = 0u; j < 2u; j++) {
            let at = base + j * SHARE;
            let f0 = taps[at];
            let f1 = taps[at + GROUPS];
            let f2 = taps[at + 2u * GROUPS];
            let f3 = taps[at + 3u * GROUPS];
            for (var p = 0u; p < PIXELS; p++) {
              let v = line[p + dx];
              sums[p][j] += v.x * f0 + v.y * f1 + v.z * f2 + v.w * f3;
            }
          }
        }
      }
      workgroupBarrier();
    }
  }
  for (var p = 0u; p < PIXELS; p++) {
    if (first_y + y < HEIGHT && first_x + x + p < WIDTH) {
      let pixel = (batch * HEIGHT + first_y + y) * WIDTH + first_x + x + p;
      for (var j = 0u; j < 2u; j++) {
        store(pixel, first_output + (share + j * SHARE) * 4u, sums[p][j]);
      }
    }
  }
}
