// Gradient of a convolution's filter: a workgroup sums over all pixels for one tap and 4 x 4 channels; its threads take
// every WORKGROUP_SIZE-th pixel and add up in workgroup memory.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

const RADIUS = i32((SIZE - 1u) / 2u);
const INPUT_BLOCKS = (INPUTS + 3u) / 4u;
const OUTPUT_BLOCKS = (OUTPUTS + 3u) / 4u;

var<workgroup> partial: array<vec4f, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = min(group.y * groups.x + group.x, GROUPS - 1u);
  let first_output = (index % OUTPUT_BLOCKS) * 4u;
  let first_input = ((index / OUTPUT_BLOCKS) % INPUT_BLOCKS) * 4u;
  let tap = index / (OUTPUT_BLOCKS * INPUT_BLOCKS);
  let dy = i32(tap / SIZE) - RADIUS;
  let dx = i32(tap % SIZE) - RADIUS;

  var sums: array<vec4f, 4>;  // an input channel each, four outputs inside
  for (var pixel = lane; pixel < PIXELS; pixel += WORKGROUP_SIZE) {
    let sy = i32((pixel / WIDTH) % HEIGHT) + dy;
    let sx = i32(pixel % WIDTH) + dx;
    if (sy < 0 || sy >= i32(HEIGHT) || sx < 0 || sx >= i32(WIDTH)) {
      continue;
    }
    let source = u32(i32(pixel) + dy * i32(WIDTH) + dx) * INPUTS;
    var gradient = vec4f(0.0);
    for (var c = 0u; c < 4u && first_output + c < OUTPUTS; c++) {
      gradient[c] = g[pixel * OUTPUTS + first_output + c];
    }
    for (var i = 0u; i < 4u && first_input + i < INPUTS; i++) {
      sums[i] += x[source + first_input + i] * gradient;
    }
  }
  for (var i = 0u; i < 4u; i++) {
    partial[lane] = sums[i];
    workgroupBarrier();
    for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
      if (lane < step) {
        partial[lane] += partial[lane + step];
      }
      workgroupBarrier();
    }
    if (lane < 4u && first_input + i < INPUTS && first_output + lane < OUTPUTS) {
      result[(tap * INPUTS + first_input + i) * OUTPUTS + first_output + lane] = partial[0][lane];
    }
    workgroupBarrier();
  }
}
