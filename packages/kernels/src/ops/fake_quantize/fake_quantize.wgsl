// Weights rounded to the values of their group and back: a thread a group of a column.
@group(0) @binding(0) var<storage, read> weights: array<f32>;             // (K, N)
@group(0) @binding(1) var<storage, read_write> result: array<f32>;        // (K, N)

// A scale as it is kept. From 2^-17 to 65504 that is the nearest 16-bit float, ties to even: ten bits below its exponent, but
// not below 2^-24.
fn kept(x: f32) -> f32 {
  if (x < LEAST_HALF_SCALE || x >= 65520.0) {
    return x;
  }
  let exponent = max(i32(bitcast<u32>(x) >> 23u) - 127, -14);
  let step = bitcast<f32>(u32(exponent - 10 + 127) << 23u);
  let steps = bitcast<f32>(u32(127 - (exponent - 10)) << 23u);
  return round(x * steps) * step;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;
  if (i >= GROUPS * N) {
    return;
  }
  let column = i % N;
  let first = i / N * GROUP;
  let end = min(K, first + GROUP);
  var least = 0.0;
  var most = 0.0;
  for (var row = first; row < end; row++) {
    let weight = weights[row * N + column];
    least = min(least, weight);
    most = max(most, weight);
  }
  //: if ZERO_POINTS
  let scale = kept((most - least) / TOP);
  let zero = select(MIDDLE, clamp(round(-least / scale), 0.0, TOP), scale > 0.0);
  //: end
  //: if not ZERO_POINTS
  let scale = kept(max(most, -least) / (MIDDLE - 1.0));
  let zero = MIDDLE;
  //: end
  for (var row = first; row < end; row++) {
    let steps = select(0.0, round(weights[row * N + column] / scale), scale > 0.0);
    result[row * N + column] = (clamp(steps + zero, 0.0, TOP) - zero) * scale;
  }
}
