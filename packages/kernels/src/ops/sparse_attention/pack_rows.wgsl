// Lists of rows as block compressed sparse rows: a thread a place of a row.
@group(0) @binding(0) var<storage, read> chosen: array<u32>;             // (ROWS, KEEP)
@group(0) @binding(1) var<storage, read> counts: array<u32>;             // (ROWS)
@group(0) @binding(2) var<storage, read_write> indptr: array<i32>;       // (ROWS + 1)
@group(0) @binding(3) var<storage, read_write> indices: array<i32>;      // (ROWS * KEEP)

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;
  if (i >= ROWS * KEEP) {
    return;
  }
  let row = i / KEEP;
  var start = 0u;
  for (var before = 0u; before < row; before++) {
    start += counts[before];
  }
  if (i % KEEP < counts[row]) {
    indices[start + i % KEEP] = i32(chosen[i]);
  }
  if (i % KEEP == 0u) {
    indptr[row] = i32(start);
    if (row == ROWS - 1u) {
      indptr[ROWS] = i32(start + counts[row]);
    }
  }
}
