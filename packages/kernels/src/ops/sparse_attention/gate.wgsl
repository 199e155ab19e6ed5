// Scores of key blocks for a block of queries: a workgroup a row, which first sums the row's queries. What is written are whole
// numbers in the order of the scores, 0 for blocks that are ruled out. Vectors are of four numbers, or of one.
@group(0) @binding(0) var<storage, read> q: array<vector>;         // (B, QUERY_BLOCKS, QUERY_BLOCK, VECTORS)
@group(0) @binding(1) var<storage, read> means: array<vector>;     // (B, BLOCKS, VECTORS)
@group(0) @binding(2) var<storage, read> priority: array<f32>;
@group(0) @binding(3) var<storage, read_write> keys: array<u32>;  // (ROWS, BLOCKS)

var<workgroup> total: array<vector, VECTORS>;

// Larger for larger scores; 0 for blocks that are ruled out.
fn key_of(score: f32) -> u32 {
  let bits = bitcast<u32>(score);
  let ordered = select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
  return select(0u, ordered, score > NEVER);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;
  for (var d = local; d < VECTORS; d += WORKGROUP_SIZE) {
    var sum = vector();
    for (var i = 0u; i < QUERY_BLOCK; i++) {
      sum += q[(row * QUERY_BLOCK + i) * VECTORS + d];
    }
    total[d] = sum;
  }
  workgroupBarrier();
  let batch = row / QUERY_BLOCKS;
  for (var block = group.y * WORKGROUP_SIZE + local; block < BLOCKS; block += GROUPS_Y * WORKGROUP_SIZE) {
    var products = vector();
    for (var d = 0u; d < VECTORS; d++) {
      products += total[d] * means[(batch * BLOCKS + block) * VECTORS + d];
    }
    let score = sum_of(products) * SCALE + priority[(row % PRIORITY_ROWS) * BLOCKS + block];
    keys[row * BLOCKS + block] = key_of(score);
  }
}
