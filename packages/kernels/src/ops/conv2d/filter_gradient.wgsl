// Gradient of a convolution's filter. A workgroup makes one row of taps for TILE_I input by TILE_O output channels, from
// every SPLITS-th strip of TILE_H x TILE_W pixels; the splits are added by a second pass. A thread has four input and
// four output channels of all taps of the row.
// load_x, load_g, store and the bindings are generated.
const RADIUS = i32(SIZE / 2u);
const HALO_W = TILE_W + SIZE - 1u;
const INPUT_QUADS = TILE_I / 4u;
const OUTPUT_QUADS = TILE_O / 4u;
const THREADS = INPUT_QUADS * OUTPUT_QUADS;
const TILES_X = (WIDTH + TILE_W - 1u) / TILE_W;
const TILES_Y = (HEIGHT + TILE_H - 1u) / TILE_H;
const INPUT_TILES = (INPUTS + TILE_I - 1u) / TILE_I;

var<workgroup> sources: array<vec4f, TILE_H * HALO_W * INPUT_QUADS>;
var<workgroup> slopes: array<vec4f, TILE_H * TILE_W * OUTPUT_QUADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_input = group.x % INPUT_TILES * TILE_I;
  let first_output = group.x / INPUT_TILES * TILE_O;
  let dy = group.y;
  let split = group.z;
  let input = local / OUTPUT_QUADS;
  let output = local % OUTPUT_QUADS;

  var sums: array<array<vec4f, 4>, SIZE>;  // a tap, an input channel; four output channels inside
  for (var strip = split; strip < BATCH * TILES_Y * TILES_X; strip += SPLITS) {
    let first_x = strip % TILES_X * TILE_W;
    let first_y = strip / TILES_X % TILES_Y * TILE_H;
    let batch = strip / (TILES_X * TILES_Y);
    for (var i = local; i < TILE_H * HALO_W * INPUT_QUADS; i += THREADS) {
      let at = i / INPUT_QUADS;
      let source_y = i32(first_y + at / HALO_W + dy) - RADIUS;
      let source_x = i32(first_x + at % HALO_W) - RADIUS;
      sources[i] = load_x(batch, source_y, source_x, first_input + i % INPUT_QUADS * 4u);
    }
    for (var i = local; i < TILE_H * TILE_W * OUTPUT_QUADS; i += THREADS) {
      let at = i / OUTPUT_QUADS;
      let y = i32(first_y + at / TILE_W);
      slopes[i] = load_g(batch, y, i32(first_x + at % TILE_W), first_output + i % OUTPUT_QUADS * 4u);
    }
    workgroupBarrier();
    for (var y = 0u; y < TILE_H; y++) {
      for (var x = 0u; x < TILE_W; x++) {
        let slope = slopes[(y * TILE_W + x) * OUTPUT_QUADS + output];
        for (var dx = 0u; dx < SIZE; dx++) {
          let source = sources[(y * HALO_W + x + dx) * INPUT_QUADS + input];
          sums[dx][0] += source.x * slope;
          sums[dx][1] += source.y * slope;
          sums[dx][2] += source.z * slope;
          sums[dx][3] += source.w * slope;
        }
      }
    }
    workgroupBarrier();
  }
  for (var dx = 0u; dx < SIZE; dx++) {
    for (var c = 0u; c < 4u; c++) {
      let channel = first_input + input * 4u + c;
      if (channel < INPUTS) {
        let row = (split * SIZE * SIZE + dy * SIZE + dx) * INPUTS + channel;
        store(row, first_output + output * 4u, sums[dx][c]);
      }
    }
  }
}
