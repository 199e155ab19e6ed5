// One workgroup a row of logits. Each thread owns LENGTH neighbouring tokens; the thread whose share of the cumulative
// distribution holds the target walks its tokens. Shares are added in one order everywhere, so exactly one holds it.
@group(0) @binding(0) var<storage, read> logits: array<f32>;       // (ROWS, SIZE)
@group(0) @binding(1) var<storage, read> uniforms: array<f32>;     // (ROWS)
@group(0) @binding(2) var<storage, read> temperature: array<f32>;  // (ROWS / ROWS_EACH)
@group(0) @binding(3) var<storage, read_write> tokens: array<i32>;
@group(0) @binding(4) var<storage, read_write> confidence: array<f32>;

var<workgroup> largest: array<f32, WORKGROUP_SIZE>;
var<workgroup> likeliest: array<u32, WORKGROUP_SIZE>;
var<workgroup> tempered: array<f32, WORKGROUP_SIZE>;  // Σ exp((logit - largest) / temperature) of each thread
var<workgroup> plain: array<f32, WORKGROUP_SIZE>;     // the same at temperature 1
var<workgroup> chosen: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= ROWS) {
    return;
  }
  let base = row * SIZE;
  let start = min(local * LENGTH, SIZE);
  let end = min(start + LENGTH, SIZE);

  var best = start;
  var best_logit = LOWEST;
  for (var i = start; i < end; i++) {
    if (logits[base + i] > best_logit) {
      best = i;
      best_logit = logits[base + i];
    }
  }
  largest[local] = best_logit;
  likeliest[local] = best;
  workgroupBarrier();
  // On ties the lower token wins.
  for (var step = WORKGROUP_SIZE / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      let other = local + step;
      if (largest[other] > largest[local] ||
          (largest[other] == largest[local] && likeliest[other] < likeliest[local])) {
        largest[local] = largest[other];
        likeliest[local] = likeliest[other];
      }
    }
    workgroupBarrier();
  }
  let top = largest[0];
  let greedy = temperature[row / ROWS_EACH] < GREEDY_BELOW;
  let divisor = max(temperature[row / ROWS_EACH], GREEDY_BELOW);

  var tempered_sum = 0.0;
  var plain_sum = 0.0;
  for (var i = start; i < end; i++) {
    tempered_sum += exp((logits[base + i] - top) / divisor);
    plain_sum += exp(logits[base + i] - top);
  }
  tempered[local] = tempered_sum;
  plain[local] = plain_sum;
  if (local == 0u) {
    chosen = likeliest[0];
  }
  workgroupBarrier();

  var before = 0.0;
  var total = 0.0;
  for (var n = 0u; n < WORKGROUP_SIZE; n++) {
    if (n == local) {
      before = total;
    }
    total += tempered[n];
  }
  // Below the total, so that some thread holds it: a uniform may have been rounded to 1.
  let target_weight = min(uniforms[row], BELOW_ONE) * total;
  if (!greedy && before <= target_weight && target_weight < before + tempered_sum) {
    var cumulative = before;
    var token = start;
    for (var i = start; i < end && cumulative <= target_weight; i++) {
      let weight = exp((logits[base + i] - top) / divisor);
      cumulative += weight;
      if (weight > 0.0) {
        token = i;
      }
    }
    chosen = token;
  }
  workgroupBarrier();

  if (local == 0u) {
    var plain_total = 0.0;
    for (var n = 0u; n < WORKGROUP_SIZE; n++) {
      plain_total += plain[n];
    }
    tokens[row] = i32(chosen);
    confidence[row] = exp(logits[base + chosen] - top) / plain_total;
  }
}
