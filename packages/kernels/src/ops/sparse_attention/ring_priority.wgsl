// Priorities of the slots of a ring whose slot 0 is pinned; a thread a slot.
@group(0) @binding(0) var<storage, read> position: array<i32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let slot = id.y * (groups.x * WORKGROUP_SIZE) + id.x;
  if (slot >= RING_SIZE) {
    return;
  }
  let newest = position[0];
  let turning = i32(RING_SIZE) - 1;
  // Frame 0 stays in slot 0; frame n > 0 lies in slot 1 + (n - 1) mod (RING_SIZE - 1).
  var age = newest;
  if (slot > 0u) {
    age = (((newest - i32(slot)) % turning) + turning) % turning;
  }
  let written = newest >= 0 && (slot == 0u || age < newest);
  let kept = slot == 0u || age < i32(RECENT);
  result[slot] = select(NEVER, select(0.0, ALWAYS, kept), written);
}
