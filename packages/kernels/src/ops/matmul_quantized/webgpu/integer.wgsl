// Products of signed bytes and weights of few bits, in integers a group, then scaled: a thread holds ROWS x COLUMNS.
// Weights of eight bits become signed by flipping their highest bit (SIGNS);
// SHIFTED: zero points are not zero after that. Buffers, scale_of, zero_of, finish and residual_at are generated.
@group(0) @binding(0) var<storage, read> packed_rows: array<u32>;  // (M, ROW_WORDS), of quantize_rows.wgsl

const GROUP_WORDS = GROUP / PER_WORD;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first_row = id.y * ROWS;
  let first_column = id.x * COLUMNS;
  if (first_row >= M || first_column >= N) {
    return;
  }
  //: for r in ROWS
  let row$r = min(first_row + $r, M - 1u);
  //: for c in COLUMNS
  var sum$r_$c = 0.0;
  //: end
  //: end
  //: for c in COLUMNS
  let column$c = min(first_column + $c, N - 1u);
  //: end
  for (var at = 0u; at < GROUPS; at++) {
    //: for r in ROWS
    var bytes$r = 0i;
    //: for c in COLUMNS
    var whole$r_$c = 0i;
    //: end
    //: end
    let end = min((at + 1u) * GROUP_WORDS, WORDS);
    for (var word = at * GROUP_WORDS; word < end; word++) {
      //: for c in COLUMNS
      let bits$c = packed[column$c * WORDS + word];
      //: for p in PARTS
      let part$p_$c = ((bits$c >> ($p * BITS)) & PART_MASK) ^ SIGNS;
      //: end
      //: end
      //: for r in ROWS
      {
        //: for p in PARTS
        let x$p = packed_rows[row$r * ROW_WORDS + word * PARTS + $p];
        //: if SHIFTED
        bytes$r += dot4I8Packed(x$p, 0x01010101u);
        //: end
        //: for c in COLUMNS
        whole$r_$c += dot4I8Packed(x$p, part$p_$c);
        //: end
        //: end
      }
      //: end
    }
    //: for c in COLUMNS
    {
      let scale = scale_of(column$c, at);
      let zero = zero_of(column$c, at) - SIGN;
      //: for r in ROWS
      sum$r_$c += (f32(whole$r_$c) - zero * f32(bytes$r)) * scale;
      //: end
    }
    //: end
  }
  //: for r in ROWS
  //: for c in COLUMNS
  if (first_row + $r < M && first_column + $c < N) {
    let index = row$r * N + column$c;
    result[index] = finish(sum$r_$c * row_scales[row$r], column$c) + residual_at(index);
  }
  //: end
  //: end
}
