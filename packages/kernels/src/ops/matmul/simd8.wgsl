// (M, K) x (K, N) a batch item in workgroup_id.z, for drivers that compute on the CPU by vectors of eight numbers. A workgroup is one
// subgroup of eight threads, the lanes of a vector: it holds ROWS x 8 * VECTORS of the result, a column of each vector a thread. Each
// thread loads one of eight neighbours along K of a row that all of them need, and a swizzle gives it to the others.
// a_offset, load_b, finish, residual_at and the buffers but a are generated.
@group(0) @binding(0) var<storage, read> a: array<f32>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation % 8u;
  let first_row = group.y * ROWS;
  let first_column = group.x * (8u * VECTORS) + lane;
  let a_base = group.z * M * K;
  let b_base = group.z * B_STRIDE;
  // What lies beyond the edge is computed from the last row or column and not stored.
  //: for r in ROWS
  let row$r = min(first_row + $r, M - 1u);
  //: for c in VECTORS
  var sum$r_$c = 0.0;
  //: end
  //: end
  //: for c in VECTORS
  let column$c = min(first_column + 8u * $c, N - 1u);
  //: end
  for (var k = 0u; k + 8u <= K; k += 8u) {
    //: for r in ROWS
    let x$r = a[a_base + a_offset(row$r, k + lane)];
    //: end
    //: for i in 8
    {
      //: for c in VECTORS
      let y$c = load_b(b_base, k + $i, column$c);
      //: end
      //: for r in ROWS
      let x$i_$r = subgroupBroadcast(x$r, $i);
      //: for c in VECTORS
      sum$r_$c += x$i_$r * y$c;
      //: end
      //: end
    }
    //: end
  }
  //: if TAIL
  for (var k = K - K % 8u; k < K; k++) {
    //: for c in VECTORS
    let y$c = load_b(b_base, k, column$c);
    //: end
    //: for r in ROWS
    let x$r = a[a_base + a_offset(row$r, k)];
    //: for c in VECTORS
    sum$r_$c += x$r * y$c;
    //: end
    //: end
  }
  //: end
  //: for r in ROWS
  //: for c in VECTORS
  if (first_row + $r < M && first_column + 8u * $c < N) {
    let index = (group.z * M + row$r) * N + column$c;
    result[index] = finish(sum$r_$c, column$c) + residual_at(index);
  }
  //: end
  //: end
}
