// A thread holds ROWS x COLUMNS of the result in registers. It unpacks a word of each of its columns' weights and multiplies
// it with as many numbers of each row, straight from memory. K is whole words. Buffers, scale_of, zero_of and finish are
// generated.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;

const GROUP_WORDS = GROUP / PER_WORD;
const A_ROW = K / 4u;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first_row = id.y * ROWS;
  let first_column = id.x * COLUMNS;
  if (first_row >= M || first_column >= N) {
    return;
  }
  // What lies beyond the edge is computed from the last row or column and not stored.
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
    //: for c in COLUMNS
    let scale$c = scale_of(column$c, at);
    let zero$c = zero_of(column$c, at);
    //: end
    let end = min((at + 1u) * GROUP_WORDS, K / PER_WORD);
    for (var word = at * GROUP_WORDS; word < end; word++) {
      //: for c in COLUMNS
      let bits$c = packed[column$c * WORDS + word];
      //: if NIBBLES
      // Even nibbles and odd ones: unpacked four at a time.
      let even$c = (vec4f(unpack4xU8(bits$c & 0x0f0f0f0fu)) - zero$c) * scale$c;
      let odd$c = (vec4f(unpack4xU8((bits$c >> 4u) & 0x0f0f0f0fu)) - zero$c) * scale$c;
      //: end
      //: if not NIBBLES
      let weights$c = (vec4f(unpack4xU8(bits$c)) - zero$c) * scale$c;
      //: end
      //: end
      //: for r in ROWS
      {
        //: if NIBBLES
        let x = a[row$r * A_ROW + word * 2u];
        let y = a[row$r * A_ROW + word * 2u + 1u];
        let x_even = vec4f(x.xz, y.xz);
        let x_odd = vec4f(x.yw, y.yw);
        //: for c in COLUMNS
        sum$r_$c += dot(x_even, even$c) + dot(x_odd, odd$c);
        //: end
        //: end
        //: if not NIBBLES
        let x = a[row$r * A_ROW + word];
        //: for c in COLUMNS
        sum$r_$c += dot(x, weights$c);
        //: end
        //: end
      }
      //: end
    }
  }
  //: for r in ROWS
  //: for c in COLUMNS
  if (first_row + $r < M && first_column + $c < N) {
    result[row$r * N + column$c] = finish(sum$r_$c, column$c);
  }
  //: end
  //: end
}
