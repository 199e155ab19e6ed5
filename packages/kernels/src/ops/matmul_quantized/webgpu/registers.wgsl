// A thread holds ROWS x COLUMNS of the result in registers. It unpacks a word of each of its columns' weights and multiplies
// it with as many numbers of each row, straight from memory. K is whole words. Four products at a time are computed as Vectors,
// vec4f or vec4h. place_of a row, spot_of an index along K and load_a (four neighbours of a row), steps (four weights before
// scaling), scale_of, zero_of, finish, residual_at and the buffers are generated.
const GROUP_WORDS = GROUP / PER_WORD;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  //: if BY_LANE
  @builtin(subgroup_invocation_id) invocation: u32,
  //: end
) {
  let first_row = id.y * ROWS;
  let first_column = id.x * COLUMNS;
  //: if BY_LANE
  lane = invocation % LANES;
  //: end
  //: if not BY_LANE
  if (first_row >= M || first_column >= N) {
    return;
  }
  //: end
  // What lies beyond the edge is computed from the last row or column and not stored.
  //: for r in ROWS
  let place$r = place_of(min(first_row + $r, M - 1u));
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
    for (var word = at * GROUP_WORDS; word < end; word += STEP) {
      // Part p of a word: every PARTS-th value from the p-th on, unpacked four at a time.
      //: for c in COLUMNS
      //: if not PAIRED
      let bits$c = packed[column$c * WORDS + word];
      //: for p in PARTS
      let weights$p_$c = Vector(steps((bits$c >> ($p * BITS)) & PART_MASK, zero$c) * scale$c);
      //: end
      //: end
      //: if PAIRED
      //: for p in PARTS
      let weights$p_$c = Vector(steps(packed[column$c * WORDS + word + $p], zero$c) * scale$c);
      //: end
      //: end
      //: end
      //: for p in PARTS
      let spot$p = spot_of(word * PER_WORD + $p * 4u);
      //: end
      //: for r in ROWS
      {
        //: if not BY_LANE
        //: for p in PARTS
        let x$p = load_a(place$r, spot$p);
        //: end
        //: end
        //: if QUADS
        //: for p in PARTS
        let one$p = load_one(place$r, spot$p);
        let x$p = vec4f(quadBroadcast(one$p, 0u), quadBroadcast(one$p, 1u), quadBroadcast(one$p, 2u), quadBroadcast(one$p, 3u));
        //: end
        //: end
        //: if OCTETS
        let one = load_one(place$r, spot0);
        let x0 = vec4f(subgroupBroadcast(one, 0u), subgroupBroadcast(one, 1u), subgroupBroadcast(one, 2u), subgroupBroadcast(one, 3u));
        let x1 = vec4f(subgroupBroadcast(one, 4u), subgroupBroadcast(one, 5u), subgroupBroadcast(one, 6u), subgroupBroadcast(one, 7u));
        //: end
        //: if BYTES
        //: for p in PARTS
        let part$p = Vector(x$p);
        //: end
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
        //: for c in COLUMNS
        //: for p in PARTS
        sum$r_$c += f32(dot(part$p, weights$p_$c));
        //: end
        //: end
      }
      //: end
    }
  }
  //: for r in ROWS
  //: for c in COLUMNS
  if (first_row + $r < M && first_column + $c < N) {
    let index = (first_row + $r) * N + column$c;
    result[index] = finish(sum$r_$c, column$c) + residual_at(index);
  }
  //: end
  //: end
}
