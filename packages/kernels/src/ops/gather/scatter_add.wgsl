// A workgroup makes one row of the result, or WORKGROUP_SIZE Elements of it: it reads all indices in steps of one a
// thread, notes those that name its row as bits, and all threads add those values. Without atomic floats and always in
// the same order, so equal runs give equal sums.
@group(0) @binding(0) var<storage, read> values: array<Element>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> result: array<Element>;

const WORDS = WORKGROUP_SIZE / 32u;
var<workgroup> matches: array<atomic<u32>, WORDS>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  let column = group.z * WORKGROUP_SIZE + local;
  var total = Element();
  for (var start = 0u; start < COUNT; start += WORKGROUP_SIZE) {
    if (local < WORDS) {
      atomicStore(&matches[local], 0u);
    }
    workgroupBarrier();
    if (start + local < COUNT && u32(indices[start + local]) == row) {
      atomicOr(&matches[local / 32u], 1u << (local % 32u));
    }
    workgroupBarrier();
    if (column < WIDTH) {
      for (var word = 0u; word < WORDS; word++) {
        var bits = atomicLoad(&matches[word]);
        while (bits != 0u) {
          let position = start + word * 32u + firstTrailingBit(bits);
          total += values[position * WIDTH + column];
          bits &= bits - 1u;
        }
      }
    }
    workgroupBarrier();
  }
  if (row < ROWS && column < WIDTH) {
    result[row * WIDTH + column] = total;
  }
}
