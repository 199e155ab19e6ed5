// Scores of key blocks for a block of queries: a workgroup a row, which first sums the row's queries. Priority_at is generated.
@group(0) @binding(0) var<storage, read> q: array<f32>;         // (B, QUERY_BLOCKS, QUERY_BLOCK, WIDTH)
@group(0) @binding(1) var<storage, read> means: array<f32>;     // (B, BLOCKS, WIDTH)
@group(0) @binding(2) var<storage, read> priority: array<f32>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;  // (ROWS, BLOCKS)

var<workgroup> total: array<f32, WIDTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;
  for (var d = local; d < WIDTH; d += WORKGROUP_SIZE) {
    var sum = 0.0;
    for (var i = 0u; i < QUERY_BLOCK; i++) {
      sum += q[(row * QUERY_BLOCK + i) * WIDTH + d];
    }
    total[d] = sum;
  }
  workgroupBarrier();
  let batch = row / QUERY_BLOCKS;
  for (var block = group.y * WORKGROUP_SIZE + local; block < BLOCKS; block += GROUPS_Y * WORKGROUP_SIZE) {
    var score = 0.0;
    for (var d = 0u; d < WIDTH; d++) {
      score = fma(total[d], means[(batch * BLOCKS + block) * WIDTH + d], score);
    }
    scores[row * BLOCKS + block] = score * SCALE + priority[(row % PRIORITY_ROWS) * BLOCKS + block];
  }
}
