// Copies vectors, COUNT of them: what memory bandwidth an adapter gives a shader.
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < COUNT) {
    target_[id.x] = source[id.x];
  }
}
