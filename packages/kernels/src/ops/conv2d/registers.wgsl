// Same-size convolution, channels last, in vectors of four. A thread holds PIXELS pixels of a row by VECTORS vec4s of output
// channels in registers and reads pictures and filters straight from memory. bias_of and the result's buffer are generated.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // (BATCH, HEIGHT, WIDTH, INPUTS / 4)
@group(0) @binding(1) var<storage, read> filters: array<vec4f>;  // (SIZE, SIZE, INPUTS, OUTPUTS / 4)

const RADIUS = (SIZE - 1u) / 2u;
const COLUMNS = (WIDTH + PIXELS - 1u) / PIXELS;
const OUTPUTS4 = OUTPUTS / 4u;
const BLOCKS = (OUTPUTS4 + VECTORS - 1u) / VECTORS;

// Four channels of a pixel of a line, zero beside the picture; columns are counted from the border's left end.
fn load_x(line: u32, column: u32, input: u32) -> vec4f {
  let inside = (column >= RADIUS) & (column < WIDTH + RADIUS);
  let at = clamp(column, RADIUS, WIDTH + RADIUS - 1u) - RADIUS;
  return select(vec4f(0.0), x[((line + at) * INPUTS + input) / 4u], inside);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (thread >= BATCH * HEIGHT * COLUMNS * BLOCKS) {
    return;
  }
  let first_vector = (thread % BLOCKS) * VECTORS;
  let first_x = ((thread / BLOCKS) % COLUMNS) * PIXELS;
  let row = thread / (BLOCKS * COLUMNS);  // batch and y together
  let y = row % HEIGHT;
  //: for v in VECTORS
  let vector$v = min(first_vector + $v, OUTPUTS4 - 1u);
  //: for p in PIXELS
  var sum$p_$v = vec4f(0.0);
  //: end
  //: end
  for (var dy = 0u; dy < SIZE; dy++) {
    if (y + dy < RADIUS || y + dy - RADIUS >= HEIGHT) {
      continue;
    }
    let line = (row + dy - RADIUS) * WIDTH;
    for (var input = 0u; input < INPUTS; input += 4u) {
      //: for s in SPAN
      let x$s = load_x(line, first_x + $s, input);
      //: end
      //: for d in SIZE
      //: for i in 4
      //: for v in VECTORS
      {
        let weights = filters[((dy * SIZE + $d) * INPUTS + input + $i) * OUTPUTS4 + vector$v];
        //: for p in PIXELS
        sum$p_$v += x$(p+d)[$i] * weights;
        //: end
      }
      //: end
      //: end
      //: end
    }
  }
  //: for p in PIXELS
  //: for v in VECTORS
  if (first_x + $p < WIDTH && first_vector + $v < OUTPUTS4) {
    result[(row * WIDTH + first_x + $p) * OUTPUTS4 + vector$v] = sum$p_$v + bias_of(vector$v);
  }
  //: end
  //: end
}
