// Slot s of a ring holds the newest frame whose number is s modulo RING_SIZE.
@group(0) @binding(0) var<storage, read> position: array<i32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= RING_SIZE) {
    return;
  }
  let ring = i32(RING_SIZE);
  // WGSL's remainder has the sign of the dividend.
  let age = ((position[0] - i32(id.x)) % ring + ring) % ring;
  result[id.x] = select(HIDDEN, 0.0, age < i32(WINDOW) && age <= position[0]);
}
