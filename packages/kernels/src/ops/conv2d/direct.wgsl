// Same-size convolution, channels last. A thread computes PIXELS pixels of a row by CHANNELS output channels, so each
// filter value is read once for PIXELS products. filter_offset, bias_of, bias and result are generated.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> filters: array<f32>;

const RADIUS = (SIZE - 1u) / 2u;
const COLUMNS = (WIDTH + PIXELS - 1u) / PIXELS;
const BLOCKS = (OUTPUTS + CHANNELS - 1u) / CHANNELS;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (thread >= BATCH * HEIGHT * COLUMNS * BLOCKS) {
    return;
  }
  let first_channel = (thread % BLOCKS) * CHANNELS;
  let first_x = ((thread / BLOCKS) % COLUMNS) * PIXELS;
  let row = thread / (BLOCKS * COLUMNS);  // batch and y together
  let y = row % HEIGHT;

  var sums: array<array<f32, CHANNELS>, PIXELS>;
  for (var dy = 0u; dy < SIZE; dy++) {
    if (y + dy < RADIUS || y + dy - RADIUS >= HEIGHT) {
      continue;
    }
    let line = (row + dy - RADIUS) * WIDTH;
    for (var dx = 0u; dx < SIZE; dx++) {
      for (var i = 0u; i < INPUTS; i++) {
        var weights: array<f32, CHANNELS>;
        for (var c = 0u; c < CHANNELS; c++) {
          weights[c] = filters[filter_offset(dy * SIZE + dx, i, min(first_channel + c, OUTPUTS - 1u))];
        }
        for (var p = 0u; p < PIXELS; p++) {
          let column = first_x + p + dx;
          if (column >= RADIUS && column - RADIUS < WIDTH) {
            let value = x[(line + column - RADIUS) * INPUTS + i];
            for (var c = 0u; c < CHANNELS; c++) {
              sums[p][c] = fma(value, weights[c], sums[p][c]);
            }
          }
        }
      }
    }
  }
  for (var p = 0u; p < PIXELS && first_x + p < WIDTH; p++) {
    for (var c = 0u; c < CHANNELS && first_channel + c < OUTPUTS; c++) {
      result[(row * WIDTH + first_x + p) * OUTPUTS + first_channel + c] = sums[p][c] + bias_of(first_channel + c);
    }
  }
}
