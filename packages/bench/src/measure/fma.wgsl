// Eight independent chains of fused multiply-adds on vectors, STEPS long: what arithmetic an adapter gives a shader.
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * 64u + id.x;
  let factor = source[0];
  let added = source[1];
  var a = source[thread % COUNT];
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  var e = a + 4.0;
  var f = a + 5.0;
  var g = a + 6.0;
  var h = a + 7.0;
  for (var i = 0u; i < STEPS; i++) {
    a = fma(a, factor, added);
    b = fma(b, factor, added);
    c = fma(c, factor, added);
    d = fma(d, factor, added);
    e = fma(e, factor, added);
    f = fma(f, factor, added);
    g = fma(g, factor, added);
    h = fma(h, factor, added);
  }
  target_[thread % COUNT] = a + b + c + d + e + f + g + h;
}
