// A thread a position: its rank is the number of masked positions of the row that go before it.
@group(0) @binding(0) var<storage, read> tokens: array<i32>;  // (ROWS, LENGTH), like all but count
@group(0) @binding(1) var<storage, read> sampled: array<i32>;
@group(0) @binding(2) var<storage, read> confidence: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> count: array<i32>;
@group(0) @binding(5) var<storage, read> noise: array<f32>;
@group(0) @binding(6) var<storage, read_write> new_tokens: array<i32>;
@group(0) @binding(7) var<storage, read_write> new_mask: array<f32>;

var<workgroup> scores: array<f32, WORKGROUP_SIZE>;

fn score_of(n: u32) -> f32 {
  return select(-1.0, confidence[n] * exp(noise[n]), mask[n] > 0.0);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= ROWS * TILES) {
    return;
  }
  let base = (index / TILES) * LENGTH;
  let i = (index % TILES) * WORKGROUP_SIZE + local;
  var own = -1.0;
  if (i < LENGTH) {
    own = score_of(base + i);
  }
  var rank = 0;
  for (var start = 0u; start < LENGTH; start += WORKGROUP_SIZE) {
    let present = min(WORKGROUP_SIZE, LENGTH - start);
    if (local < present) {
      scores[local] = score_of(base + start + local);
    }
    workgroupBarrier();
    for (var j = 0u; j < present; j++) {
      if (scores[j] > own || (scores[j] == own && start + j < i)) {
        rank++;
      }
    }
    workgroupBarrier();
  }
  if (i < LENGTH) {
    let n = base + i;
    let take = mask[n] > 0.0 && rank < count[0];
    new_tokens[n] = select(tokens[n], sampled[n], take);
    new_mask[n] = select(mask[n], 0.0, take);
  }
}
