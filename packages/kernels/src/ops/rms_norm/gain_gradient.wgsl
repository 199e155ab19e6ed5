// Sums g · x · r over the rows of one block: a thread a column, so that neighbours read neighbours. The blocks' sums
// are added by column_sums.wgsl.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> inverse: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  if (column >= COLUMNS) {
    return;
  }
  var total = 0.0;
  for (var row = id.y * BLOCK; row < min(COUNT, (id.y + 1u) * BLOCK); row++) {
    total += g[row * COLUMNS + column] * x[row * COLUMNS + column] * inverse[row];
  }
  partial[id.y * COLUMNS + column] = total;
}
