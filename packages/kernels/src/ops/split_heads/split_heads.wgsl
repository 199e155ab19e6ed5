// Cuts the rows of a projection into parts of heads: a thread a head of a row. Element is f32 or vec4f, and all widths count
// Elements. Bindings of the tables and the results are generated.
@group(0) @binding(0) var<storage, read> x: array<Element>;  // (ROWS, COLUMNS)

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;
  if (i >= ROWS * HEADS) {
    return;
  }
  let row = i / HEADS;
  let head = i % HEADS;
  //: for p in PARTS
  if (head >= FIRST$p && head < FIRST$p + HEADS$p) {
    let source = row * COLUMNS + START$p + (head - FIRST$p) * WIDTH;
    let place = (row * HEADS$p + head - FIRST$p) * WIDTH;
    var scale = 1.0;
    if (NORMALIZE$p) {
      var square = 0.0;
      for (var d = 0u; d < WIDTH; d++) {
        square += total_of(x[source + d] * x[source + d]);
      }
      scale = inverseSqrt(square / CHANNELS + EPSILON);
    }
    if (ROTATE$p) {
      let turn = (row % FRAMES) * (WIDTH / 2u);
      for (var d = 0u; d < WIDTH / 2u; d++) {
        let a = x[source + d] * scale;
        let b = x[source + d + WIDTH / 2u] * scale;
        result$p[place + d] = a * cos_of(turn + d) - b * sin_of(turn + d);
        result$p[place + d + WIDTH / 2u] = a * sin_of(turn + d) + b * cos_of(turn + d);
      }
    } else {
      for (var d = 0u; d < WIDTH; d++) {
        result$p[place + d] = x[source + d] * scale;
      }
    }
  }
  //: end
}
