// Few rows: the threads of a workgroup share the depth of ROWS x COLUMNS results. Each reads every THREADS-th word of the packed
// columns, and subgroups add the sums, however wide they are and wherever their threads lie. place_of a row, spot_of an
// index along K and load_a (four neighbours of a row, zero beyond K), steps, scale_of, zero_of, finish, residual_at and the buffers are generated.
var<workgroup> partial: array<f32, ROWS * COLUMNS * THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32,
) {
  let first_row = group.y * ROWS;
  let first_column = group.x * COLUMNS;
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
  for (var word = local; word < (K + PER_WORD - 1u) / PER_WORD; word += THREADS) {
    let first = word * PER_WORD;
    //: for c in COLUMNS
    // A group is whole words.
    let scale$c = scale_of(column$c, first / GROUP);
    let zero$c = zero_of(column$c, first / GROUP);
    let bits$c = packed[column$c * WORDS + word];
    //: for p in PARTS
    let weights$p_$c = steps((bits$c >> ($p * BITS)) & PART_MASK, zero$c) * scale$c;
    //: end
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
      let part0 = x0;
      //: end
      //: if NIBBLES
      let part0 = vec4f(x0.xz, x1.xz);
      let part1 = vec4f(x0.yw, x1.yw);
      //: end
      //: if PAIRS
      //: for p in PARTS
      let part$p = vec4f(x0[$p], x1[$p], x2[$p], x3[$p]);
      //: end
      //: end
      //: for c in COLUMNS
      //: for p in PARTS
      sum$r_$c += dot(part$p, weights$p_$c);
      //: end
      //: end
    }
    //: end
  }
  // A subgroup's sum stands at its first thread, zeros at the others: so nothing has to be known of how threads are numbered.
  let is_first = subgroupElect();
  //: for r in ROWS
  //: for c in COLUMNS
  let part$r_$c = subgroupAdd(sum$r_$c);
  partial[($r * COLUMNS + $c) * THREADS + local] = select(0.0, part$r_$c, is_first);
  //: end
  //: end
  workgroupBarrier();
  //: for r in ROWS
  //: for c in COLUMNS
  var rest$r_$c = 0.0;
  for (var i = lane; i < THREADS; i += lanes) {
    rest$r_$c += partial[($r * COLUMNS + $c) * THREADS + i];
  }
  let total$r_$c = subgroupAdd(rest$r_$c);
  if (local == $r * COLUMNS + $c && first_row + $r < M && first_column + $c < N) {
    let index = (first_row + $r) * N + column$c;
    result[index] = finish(total$r_$c, column$c) + residual_at(index);
  }
  //: end
  //: end
}
