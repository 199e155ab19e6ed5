// Few rows: a workgroup computes COLUMNS columns of ROWS rows. LANES threads share a column: each reads every LANES-th word of
// the packed row, and their sums are added in workgroup memory. load_a (four neighbours of a row, zero beyond K), scale_of,
// zero_of, finish and the buffers are generated.
var<workgroup> partial: array<f32, ROWS * COLUMNS * LANES>;

@compute @workgroup_size(COLUMNS * LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let column = group.x * COLUMNS + local / LANES;
  let first_row = group.y * ROWS;
  //: for r in ROWS
  let row$r = min(first_row + $r, M - 1u);
  var sum$r = 0.0;
  //: end
  if (column < N) {
    for (var word = lane; word < WORDS; word += LANES) {
      let first = word * PER_WORD;
      // A group is at least two words long.
      let scale = scale_of(column, first / GROUP);
      let zero = zero_of(column, first / GROUP);
      let bits = packed[column * WORDS + word];
      //: if NIBBLES
      let even = (vec4f(unpack4xU8(bits & 0x0f0f0f0fu)) - zero) * scale;
      let odd = (vec4f(unpack4xU8((bits >> 4u) & 0x0f0f0f0fu)) - zero) * scale;
      //: end
      //: if not NIBBLES
      let weights = (vec4f(unpack4xU8(bits)) - zero) * scale;
      //: end
      //: for r in ROWS
      {
        let x = load_a(row$r, first);
        //: if NIBBLES
        let y = load_a(row$r, first + 4u);
        sum$r += dot(vec4f(x.xz, y.xz), even) + dot(vec4f(x.yw, y.yw), odd);
        //: end
        //: if not NIBBLES
        sum$r += dot(x, weights);
        //: end
      }
      //: end
    }
  }
  //: for r in ROWS
  partial[$r * COLUMNS * LANES + local] = sum$r;
  //: end
  workgroupBarrier();
  for (var i = local; i < ROWS * COLUMNS; i += COLUMNS * LANES) {
    let row = first_row + i / COLUMNS;
    let result_column = group.x * COLUMNS + i % COLUMNS;
    if (row < M && result_column < N) {
      var total = 0.0;
      for (var lane_of = 0u; lane_of < LANES; lane_of++) {
        total += partial[(i / COLUMNS) * COLUMNS * LANES + (i % COLUMNS) * LANES + lane_of];
      }
      result[row * N + result_column] = finish(total, result_column);
    }
  }
}
