// One workgroup a query of a head: its softmax statistics for the second pass, and dq. Keys come in chunks of
// WORKGROUP_SIZE, a thread a key. result is o = p·v and gradient is do; Σ p·dp over the keys is do·o (FlashAttention).
// The bindings after the fifth, bias_at and the key range are generated.
@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> result: array<f32>;
@group(0) @binding(4) var<storage, read> gradient: array<f32>;

var<workgroup> query: array<f32, HEAD>;
var<workgroup> of_result: array<f32, HEAD>;
var<workgroup> of_scores: array<f32, WORKGROUP_SIZE>;
var<workgroup> partial: array<vec2f, WORKGROUP_SIZE>;

// The softmax state (largest score, Σ exp(score - largest)) of two disjoint sets of keys together.
fn merge(a: vec2f, b: vec2f) -> vec2f {
  let largest = max(a.x, b.x);
  return vec2f(largest, a.y * exp(a.x - largest) + b.y * exp(b.x - largest));
}

fn score_of(i: u32, j: u32, key: u32) -> f32 {
  var score = 0.0;
  for (var d = 0u; d < HEAD; d++) {
    score = fma(query[d], k[key + d], score);
  }
  return score * SCALE + bias_at(key / (KEYS * WIDTH), i, j);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;  // (B, QUERIES, HEADS)
  if (row >= ROWS) {
    return;
  }
  let i = (row / HEADS) % QUERIES;
  let batch = row / (HEADS * QUERIES);
  let columns = (row % HEADS) * HEAD;
  let query_base = (batch * QUERIES + i) * WIDTH + columns;
  let key_base = batch * KEYS * WIDTH + columns;

  var agreement = 0.0;
  for (var d = local; d < HEAD; d += WORKGROUP_SIZE) {
    query[d] = q[query_base + d];
    of_result[d] = gradient[query_base + d];
    agreement = fma(of_result[d], result[query_base + d], agreement);
  }
  workgroupBarrier();

  var state = vec2f(LOWEST, 0.0);
  for (var j = key_start(i) + local; j < key_end(i); j += WORKGROUP_SIZE) {
    state = merge(state, vec2f(score_of(i, j, key_base + j * WIDTH), 1.0));
  }
  partial[local] = state;
  workgroupBarrier();
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      partial[local] = merge(partial[local], partial[local + step]);
    }
    workgroupBarrier();
  }
  let log_total = partial[0].x + log(partial[0].y);
  workgroupBarrier();
  partial[local] = vec2f(agreement, 0.0);
  workgroupBarrier();
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      partial[local] += partial[local + step];
    }
    workgroupBarrier();
  }
  let mean = partial[0].x;
  if (local == 0u) {
    statistics[row] = vec2f(log_total, mean);
  }

  var sums: array<f32, COLUMNS>;
  for (var start = key_start(i); start < key_end(i); start += WORKGROUP_SIZE) {
    let count = min(WORKGROUP_SIZE, key_end(i) - start);
    if (local < count) {
      let key = key_base + (start + local) * WIDTH;
      let weight = exp(score_of(i, start + local, key) - log_total);
      var of_weight = 0.0;
      for (var d = 0u; d < HEAD; d++) {
        of_weight = fma(of_result[d], v[key + d], of_weight);
      }
      of_scores[local] = weight * (of_weight - mean);
    }
    workgroupBarrier();
    for (var c = 0u; c < COLUMNS; c++) {
      let d = c * WORKGROUP_SIZE + local;
      if (d < HEAD) {
        for (var j = 0u; j < count; j++) {
          sums[c] = fma(of_scores[j], k[key_base + (start + j) * WIDTH + d], sums[c]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let d = c * WORKGROUP_SIZE + local;
    if (d < HEAD) {
      dq[query_base + d] = sums[c] * SCALE;
    }
  }
}
