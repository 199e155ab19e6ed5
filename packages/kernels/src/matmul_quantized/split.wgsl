// Few rows: a workgroup computes COLUMNS columns of ROWS rows. LANES threads share a column: each reads every LANES-th word of
// the packed row, and their sums are added in workgroup memory. Buffers, scale_of, zero_of and finish are generated.
@group(0) @binding(0) var<storage, read> a: array<f32>;

var<workgroup> partial: array<f32, ROWS * COLUMNS * LANES>;

@compute @workgroup_size(COLUMNS * LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let column = group.x * COLUMNS + local / LANES;
  let first_row = group.y * ROWS;
  var sums: array<f32, ROWS>;
  if (column < N) {
    for (var word = lane; word < WORDS; word += LANES) {
      let first = word * PER_WORD;
      // A group is at least two words long.
      let scale = scale_of(column, first / GROUP);
      let zero = zero_of(column, first / GROUP);
      var bits = packed[column * WORDS + word];
      let count = min(PER_WORD, max(K, first) - first);
      for (var i = 0u; i < count; i++) {
        let weight = (f32(bits & MASK) - zero) * scale;
        for (var r = 0u; r < ROWS; r++) {
          let row = min(first_row + r, M - 1u);
          sums[r] = fma(a[row * K + first + i], weight, sums[r]);
        }
        bits = bits >> BITS;
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) {
    partial[r * COLUMNS * LANES + local] = sums[r];
  }
  workgroupBarrier();
  for (var i = local; i < ROWS * COLUMNS; i += COLUMNS * LANES) {
    let row = first_row + i / COLUMNS;
    let result_column = group.x * COLUMNS + i % COLUMNS;
    if (row < M && result_column < N) {
      var total = 0.0;
      for (var lane_of = 0u; lane_of < LANES; lane_of++) {
        total += partial[(i / COLUMNS) * COLUMNS * LANES + (i % COLUMNS) * LANES + lane_of];
      }
      result[row * N + result_column] = finish(total, result_column);
    }
  }
}
