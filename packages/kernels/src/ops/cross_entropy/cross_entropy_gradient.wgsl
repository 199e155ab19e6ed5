// (softmax(logits) - onehot(target)) * g, row by row.
@group(0) @binding(0) var<storage, read> logits: array<Element>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<Element>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let place = place_of(group, groups, local);
  var high = -3.4028234e38f;
  for (var i = place.lane; i < place.length; i += LANES) {
    high = max(high, largest_of(logits[place.base + i]));
  }
  high = row_max(high, local);
  var total = 0.0;
  for (var i = place.lane; i < place.length; i += LANES) {
    total += total_of(exp(logits[place.base + i] - high));
  }
  total = row_sum(total, local);
  let row = min(place.row, COUNT - 1u);
  let wanted = min(u32(targets[row]), CLASSES - 1u);
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = (exp(logits[place.base + i] - high) / total - one_hot(i, wanted)) * g[row];
  }
}
