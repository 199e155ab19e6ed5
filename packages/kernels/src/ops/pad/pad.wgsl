// Zeros around a tensor; `inside` and `source_offset` are generated from the shapes.
@group(0) @binding(0) var<storage, read> source: array<Element>;
@group(0) @binding(1) var<storage, read_write> result: array<Element>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (i >= COUNT) {
    return;
  }
  var value = Element(0);
  if (inside(i)) {
    value = source[source_offset(i)];
  }
  result[i] = value;
}
