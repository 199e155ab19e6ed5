// Few rows: a workgroup computes COLUMNS columns of ROWS rows. LANES threads share a column: each reads every LANES-th word of
// the packed row, and their sums are added in workgroup memory. Four products at a time are computed as Vectors, vec4f or vec4h.
// place_of a row, spot_of an index along K and load_a (four neighbours of a row, zero beyond K), steps (four weights before
// scaling), scale_of, zero_of, finish, residual_at and the buffers are generated.
var<workgroup> partial: array<f32, ROWS * COLUMNS * LANES>;

@compute @workgroup_size(COLUMNS * LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let column = group.x * COLUMNS + local / LANES;
  let first_row = group.y * ROWS;
  //: for r in ROWS
  let place$r = place_of(min(first_row + $r, M - 1u));
  var sum$r = 0.0;
  //: end
  if (column < N) {
    for (var word = lane; word < (K + PER_WORD - 1u) / PER_WORD; word += LANES) {
      let first = word * PER_WORD;
      // A group is whole words.
      let scale = scale_of(column, first / GROUP);
      let zero = zero_of(column, first / GROUP);
      let bits = packed[column * WORDS + word];
      //: for p in PARTS
      let weights$p = Vector(steps((bits >> ($p * BITS)) & PART_MASK, zero) * scale);
      //: end
      //: for p in PARTS
      let spot$p = spot_of(first + $p * 4u);
      //: end
      //: for r in ROWS
      {
        //: for p in PARTS
        let x$p = load_a(place$r, spot$p);
        //: end
        //: if BYTES
        let part0 = Vector(x0);
        //: end
        //: if NIBBLES
        let part0 = Vector(vec4f(x0.xz, x1.xz));
        let part1 = Vector(vec4f(x0.yw, x1.yw));
        //: end
        //: if PAIRS
        //: for p in PARTS
        let part$p = Vector(vec4f(x0[$p], x1[$p], x2[$p], x3[$p]));
        //: end
        //: end
        //: for p in PARTS
        sum$r += f32(dot(part$p, weights$p));
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
      let index = row * N + result_column;
      result[index] = finish(total, result_column) + residual_at(index);
    }
  }
}
