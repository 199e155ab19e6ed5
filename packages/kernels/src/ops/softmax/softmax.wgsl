// `finish(z, total)` is generated: z is an Element less the row's maximum, total the row's sum of exponentials.
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> result: array<Element>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let place = place_of(group, groups, local);
  var high = -3.4028234e38f;
  for (var i = place.lane; i < place.length; i += LANES) {
    high = max(high, largest_of(x[place.base + i]));
  }
  high = row_max(high, local);
  var total = 0.0;
  for (var i = place.lane; i < place.length; i += LANES) {
    total += total_of(exp(x[place.base + i] - high));
  }
  total = row_sum(total, local);
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = finish(x[place.base + i] - high, total);
  }
}
