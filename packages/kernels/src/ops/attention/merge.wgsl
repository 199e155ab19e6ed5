// Joins the parts of a split attention: a thread a vector of a head's result. Parts that saw no key have a total of zero.
// The bindings are generated.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;  // (B, QUERIES, HEADS, VECTORS)
  if (i >= ROWS * VECTORS) {
    return;
  }
  let row = i / VECTORS;
  var largest = LOWEST;
  for (var part = 0u; part < SPLITS; part++) {
    largest = max(largest, statistics[part * ROWS + row].x);
  }
  var total = 0.0;
  var sum = vec4f(0.0);
  for (var part = 0u; part < SPLITS; part++) {
    let statistic = statistics[part * ROWS + row];
    let weight = exp(statistic.x - largest);
    total += weight * statistic.y;
    sum += weight * parts[(part * ROWS + row) * VECTORS + i % VECTORS];
  }
  // A row of a sparse attention may list no key at all.
  result[i] = select(sum / total, vec4f(0.0), total == 0.0);
}
