// (M, K) x (K, N) a batch item in workgroup_id.z; FOLDED: more of them than fit there lie in y, FOLD further on each. A workgroup computes a TILE_M x TILE_N tile through workgroup memory,
// a thread ROWS x COLUMNS of it in registers. Operands pass through workgroup memory as Stored, sums are f32. a_offset, load_b, finish, residual_at and all buffers but a are generated.
@group(0) @binding(0) var<storage, read> a: array<f32>;

var<workgroup> a_tile: array<Stored, TILE_M * TILE_K>;  // (TILE_K, TILE_M): a thread's rows lie side by side
var<workgroup> b_tile: array<Stored, TILE_K * TILE_N>;  // (TILE_K, TILE_N)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  //: if FOLDED
  let item = group.y / ROW_TILES * FOLD + group.z;
  if (item >= BATCH) {
    return;
  }
  let first_row = group.y % ROW_TILES * TILE_M;
  //: end
  //: if not FOLDED
  let item = group.z;
  let first_row = group.y * TILE_M;
  //: end
  let first_column = group.x * TILE_N;
  let thread_row = (local / THREADS_X) * ROWS;
  let thread_column = (local % THREADS_X) * COLUMNS;
  let a_base = item * M * K;
  let b_base = item * B_STRIDE;

  var sums: array<array<f32, COLUMNS>, ROWS>;
  for (var start = 0u; start < K; start += TILE_K) {
    for (var i = local; i < TILE_M * TILE_K; i += THREADS) {
      let row = first_row + i / TILE_K;
      let column = start + i % TILE_K;
      var value = 0.0;
      if (row < M && column < K) {
        value = a[a_base + a_offset(row, column)];
      }
      a_tile[(i % TILE_K) * TILE_M + i / TILE_K] = Stored(value);
    }
    for (var i = local; i < TILE_K * TILE_N; i += THREADS) {
      let row = start + i / TILE_N;
      let column = first_column + i % TILE_N;
      var value = 0.0;
      if (row < K && column < N) {
        value = load_b(b_base, row, column);
      }
      b_tile[i] = Stored(value);
    }
    workgroupBarrier();
    for (var i = 0u; i < TILE_K; i++) {
      var columns: array<f32, COLUMNS>;
      for (var c = 0u; c < COLUMNS; c++) {
        columns[c] = f32(b_tile[i * TILE_N + thread_column + c]);
      }
      for (var r = 0u; r < ROWS; r++) {
        let x = f32(a_tile[i * TILE_M + thread_row + r]);
        for (var c = 0u; c < COLUMNS; c++) {
          sums[r][c] = fma(x, columns[c], sums[r][c]);
        }
      }
    }
    workgroupBarrier();
  }

  for (var r = 0u; r < ROWS; r++) {
    let row = first_row + thread_row + r;
    for (var c = 0u; c < COLUMNS; c++) {
      let column = first_column + thread_column + c;
      if (row < M && column < N) {
        let index = (item * M + row) * N + column;
        result[index] = finish(sums[r][c], column) + residual_at(index);
      }
    }
  }
}
