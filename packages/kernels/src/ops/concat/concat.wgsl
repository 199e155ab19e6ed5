// Puts operands side by side: a thread an Element of the result, whose rows are the operands' rows after each other.
// The operands' bindings and part_of, which finds the Element of a row in them, are generated.
@group(0) @binding(OPERANDS) var<storage, read_write> result: array<Element>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (i >= COUNT) {
    return;
  }
  result[i] = part_of(i / LENGTH, i % LENGTH);
}
