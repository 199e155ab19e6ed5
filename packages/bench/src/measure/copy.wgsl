// Copies COUNT vectors ROUNDS times, each thread a vector elsewhere in every round: the bandwidth that an adapter gives a shader.
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * 64u + id.x;
  if (thread < COUNT) {
    for (var round = 0u; round < ROUNDS; round++) {
      let i = (thread + round * STRIDE) % COUNT;
      target_[i] = source[i];
    }
  }
}
