// The fast Walsh-Hadamard transform: a workgroup turns a block of SIZE numbers in its memory, in log2 SIZE steps of sums and
// differences.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

var<workgroup> values: array<f32, SIZE>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let block = group.y * groups.x + group.x;
  if (block >= BLOCKS) {
    return;
  }
  for (var i = local; i < SIZE; i += THREADS) {
    values[i] = x[block * SIZE + i];
  }
  for (var half = 1u; half < SIZE; half *= 2u) {
    workgroupBarrier();
    for (var i = local; i < SIZE / 2u; i += THREADS) {
      let one = (i / half) * 2u * half + i % half;
      let a = values[one];
      let b = values[one + half];
      values[one] = a + b;
      values[one + half] = a - b;
    }
  }
  workgroupBarrier();
  for (var i = local; i < SIZE; i += THREADS) {
    result[block * SIZE + i] = values[i] * NORM;
  }
}
