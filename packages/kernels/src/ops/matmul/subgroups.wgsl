// Few rows: the threads of a workgroup share the depth of a ROWS x VECTORS tile (VECTORS vec4s of columns), so that small results
// keep a device busy. Their sums are added by subgroups, however wide those are and wherever their threads lie. Loaders as in
// registers.wgsl; finish, residual_at and the result's buffer are generated.
const N4 = N / 4u;

var<workgroup> partial: array<vec4f, ROWS * VECTORS * THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32,
) {
  let first_row = group.y * ROWS;
  let first_vector = group.x * VECTORS;
  let a_base = group.z * M * K;
  let b_base = group.z * B_STRIDE;
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
  for (var k = local * 4u; k < K; k += THREADS * 4u) {
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
  // A subgroup's sum stands at its first thread, zeros at the others: so nothing has to be known of how threads are numbered.
  let is_first = subgroupElect();
  //: for r in ROWS
  //: for c in VECTORS
  let part$r_$c = subgroupAdd(sum$r_$c);
  partial[($r * VECTORS + $c) * THREADS + local] = select(vec4f(0.0), part$r_$c, is_first);
  //: end
  //: end
  workgroupBarrier();
  //: for r in ROWS
  //: for c in VECTORS
  var rest$r_$c = vec4f(0.0);
  for (var i = lane; i < THREADS; i += lanes) {
    rest$r_$c += partial[($r * VECTORS + $c) * THREADS + i];
  }
  let total$r_$c = subgroupAdd(rest$r_$c);
  if (local == $r * VECTORS + $c && first_row + $r < M && first_vector + $c < N4) {
    result[(group.z * M + row$r) * N4 + vector$c] =
      finish(total$r_$c, vector$c) + residual_at((group.z * M + row$r) * N4 + vector$c);
  }
  //: end
  //: end
}
