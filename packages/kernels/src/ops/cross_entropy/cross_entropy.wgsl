// Loss of each row: log of the sum of exponentials less the target's logit.
@group(0) @binding(0) var<storage, read> logits: array<Element>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

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
  if (place.lane == 0u && place.row < COUNT) {
    let likely = member_of(place.base, min(u32(targets[place.row]), CLASSES - 1u));
    result[place.row] = log(total) - (likely - high);
  }
}
