// (M, K) x (K, N) a batch item in workgroup_id.z, by subgroup matrices of (SIZE_M, SIZE_K) x (SIZE_K, SIZE_N). A workgroup computes
// a TILE_M x TILE_N tile through workgroup memory, each of SUBGROUPS subgroups ROWS x COLUMNS matrices of it. Component is f16 or
// f32; sums are f32. a_offset, load_b, finish, residual_at and all buffers but a are generated.
@group(0) @binding(0) var<storage, read> a: array<f32>;

var<workgroup> a_tile: array<Component, TILE_M * TILE_K>;  // (TILE_M, TILE_K)
var<workgroup> b_tile: array<Component, TILE_K * TILE_N>;  // (TILE_K, TILE_N)
// A matrix of each subgroup on its way to memory; subgroups may be narrower than the widest, and more than SUBGROUPS then.
var<workgroup> parts: array<f32, MOST_SUBGROUPS * SIZE_M * SIZE_N>;
var<workgroup> first_threads: array<u32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  // Subgroups are counted by their first threads, wherever those lie.
  let first_thread = subgroupMin(local);
  first_threads[local] = select(0u, 1u, local == first_thread);
  workgroupBarrier();
  var before = 0u;
  for (var i = 0u; i < first_thread; i++) {
    before += first_threads[i];
  }
  let subgroup = subgroupBroadcastFirst(before);
  // Those that are too many compute what the last one does, and it is not stored.
  let place = min(subgroup, SUBGROUPS - 1u);
  let row_in_tile = (place / SUBGROUPS_X) * ROWS * SIZE_M;
  let column_in_tile = (place % SUBGROUPS_X) * COLUMNS * SIZE_N;
  let first_row = group.y * TILE_M;
  let first_column = group.x * TILE_N;
  let a_base = group.z * M * K;
  let b_base = group.z * B_STRIDE;

  //: for r in ROWS
  //: for c in COLUMNS
  var sum$r_$c: subgroup_matrix_result<f32, SIZE_N, SIZE_M>;
  //: end
  //: end
  for (var start = 0u; start < K; start += TILE_K) {
    for (var i = local; i < TILE_M * TILE_K; i += THREADS) {
      let row = first_row + i / TILE_K;
      let column = start + i % TILE_K;
      var value = 0.0;
      if (row < M && column < K) {
        value = a[a_base + a_offset(row, column)];
      }
      a_tile[i] = Component(value);
    }
    for (var i = local; i < TILE_K * TILE_N; i += THREADS) {
      let row = start + i / TILE_N;
      let column = first_column + i % TILE_N;
      var value = 0.0;
      if (row < K && column < N) {
        value = load_b(b_base, row, column);
      }
      b_tile[i] = Component(value);
    }
    workgroupBarrier();
    for (var i = 0u; i < TILE_K; i += SIZE_K) {
      //: for r in ROWS
      let left$r = subgroupMatrixLoad<subgroup_matrix_left<Component, SIZE_K, SIZE_M>, row_major>(
        &a_tile, (row_in_tile + $r * SIZE_M) * TILE_K + i, TILE_K);
      //: end
      //: for c in COLUMNS
      let right$c = subgroupMatrixLoad<subgroup_matrix_right<Component, SIZE_N, SIZE_K>, row_major>(
        &b_tile, i * TILE_N + column_in_tile + $c * SIZE_N, TILE_N);
      //: end
      //: for r in ROWS
      //: for c in COLUMNS
      sum$r_$c = subgroupMatrixMultiplyAccumulate(left$r, right$c, sum$r_$c);
      //: end
      //: end
    }
    workgroupBarrier();
  }

  //: for r in ROWS
  //: for c in COLUMNS
  subgroupMatrixStore<row_major>(&parts, subgroup * SIZE_M * SIZE_N, sum$r_$c, SIZE_N);
  workgroupBarrier();
  for (var i = local; i < SUBGROUPS * SIZE_M * SIZE_N; i += THREADS) {
    let which = i / (SIZE_M * SIZE_N);
    let row = first_row + ((which / SUBGROUPS_X) * ROWS + $r) * SIZE_M + (i / SIZE_N) % SIZE_M;
    let column = first_column + ((which % SUBGROUPS_X) * COLUMNS + $c) * SIZE_N + i % SIZE_N;
    if (row < M && column < N) {
      let index = (group.z * M + row) * N + column;
      result[index] = finish(parts[i], column) + residual_at(index);
    }
  }
  workgroupBarrier();
  //: end
  //: end
}
