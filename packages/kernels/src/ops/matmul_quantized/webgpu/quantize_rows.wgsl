// Rows of activations as signed bytes with a scale each, the largest magnitude becoming 127: a workgroup a row. Beyond K stand
// zeros. Bytes of 4 · PARTS neighbours are every PARTS-th one from the first on, then from the second on, …, as weights unpack.
// FLOATS: the rounded numbers themselves, for devices that multiply floats faster than bytes. SUBGROUP: a workgroup is a subgroup.
@group(0) @binding(0) var<storage, read> a: array<f32>;                   // (M, K)
//: if FLOATS
@group(0) @binding(1) var<storage, read_write> rounded: array<f32>;       // (M, K)
//: end
//: if not FLOATS
@group(0) @binding(1) var<storage, read_write> packed_rows: array<u32>;   // (M, ROW_WORDS)
@group(0) @binding(2) var<storage, read_write> row_scales: array<f32>;    // (M)
//: end

//: if not SUBGROUP
var<workgroup> partial: array<f32, WORKGROUP_SIZE>;
//: end

fn byte_of(row: u32, i: u32, factor: f32) -> i32 {
  return select(0, i32(clamp(round(a[row * K + min(i, K - 1u)] * factor), -127.0, 127.0)), i < K);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y * GRID_X + group.x;
  if (row >= M) {
    return;
  }
  var largest = 0.0;
  for (var i = local; i < K; i += WORKGROUP_SIZE) {
    largest = max(largest, abs(a[row * K + i]));
  }
  //: if SUBGROUP
  largest = subgroupMax(largest);
  //: end
  //: if not SUBGROUP
  partial[local] = largest;
  workgroupBarrier();
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      partial[local] = max(partial[local], partial[local + step]);
    }
    workgroupBarrier();
  }
  largest = partial[0];
  //: end
  largest = max(largest, LEAST_LARGEST);
  let factor = 127.0 / largest;
  //: if FLOATS
  for (var i = local; i < K; i += WORKGROUP_SIZE) {
    rounded[row * K + i] = f32(byte_of(row, i, factor)) * (largest / 127.0);
  }
  //: end
  //: if not FLOATS
  if (local == 0u) {
    row_scales[row] = largest / 127.0;
  }
  for (var word = local; word < ROW_WORDS; word += WORKGROUP_SIZE) {
    let first = (word / PARTS) * 4u * PARTS + word % PARTS;
    packed_rows[row * ROW_WORDS + word] = pack4xI8(vec4i(
      byte_of(row, first, factor),
      byte_of(row, first + PARTS, factor),
      byte_of(row, first + 2u * PARTS, factor),
      byte_of(row, first + 3u * PARTS, factor),
    ));
  }
  //: end
}
