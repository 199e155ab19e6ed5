// (M, K) x (K, N) a batch item in workgroup_id.z, K and N in vectors of four. A thread holds ROWS x VECTORS vec4s of the result
// in registers and reads both operands straight from memory: caches do what workgroup memory would, without barriers.
// load_a (four neighbours along K of a row), load_b (the four columns of a vector at one k), finish, residual_at and
// the result's buffer are generated.
const N4 = N / 4u;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first_row = id.y * ROWS;
  let first_vector = id.x * VECTORS;
  if (first_row >= M || first_vector >= N4) {
    return;
  }
  let a_base = id.z * M * K;
  let b_base = id.z * B_STRIDE;
  // What lies beyond the edge is computed from the last row or vector and not stored.
  //: for r in ROWS
  let row$r = min(first_row + $r, M - 1u);
  //: end
  //: for c in VECTORS
  let vector$c = min(first_vector + $c, N4 - 1u);
  //: end
  //: for r in ROWS
  //: for c in VECTORS
  var sum$r_$c = vec4f(0.0);
  //: end
  //: end
  for (var k = 0u; k < K; k += 4u) {
    //: for r in ROWS
    let x$r = load_a(a_base, row$r, k);
    //: end
    //: if TRANSPOSE_B
    //: for c in VECTORS
    let columns$c = transpose(mat4x4f(
      load_column(b_base, vector$c * 4u, k),
      load_column(b_base, vector$c * 4u + 1u, k),
      load_column(b_base, vector$c * 4u + 2u, k),
      load_column(b_base, vector$c * 4u + 3u, k),
    ));
    //: end
    //: end
    //: for i in 4
    //: for c in VECTORS
    //: if TRANSPOSE_B
    let y$i_$c = columns$c[$i];
    //: end
    //: if not TRANSPOSE_B
    let y$i_$c = load_b(b_base, k + $i, vector$c);
    //: end
    //: end
    //: for r in ROWS
    //: for c in VECTORS
    sum$r_$c += x$r[$i] * y$i_$c;
    //: end
    //: end
    //: end
  }
  //: for r in ROWS
  //: for c in VECTORS
  if (first_row + $r < M && first_vector + $c < N4) {
    result[(id.z * M + row$r) * N4 + vector$c] =
      finish(sum$r_$c, vector$c) + residual_at((id.z * M + row$r) * N4 + vector$c);
  }
  //: end
  //: end
}
