// The bindings of gain and results, and `scaled(value, column)`, which applies the gain, are generated.
@group(0) @binding(0) var<storage, read> x: array<Element>;

//: include row_main
  var square = 0.0;
  for (var i = place.lane; i < place.length; i += LANES) {
    let value = x[place.base + i];
    square += total_of(value * value);
  }
  let r = inverseSqrt(row_sum(square, local) / CHANNELS + EPSILON);
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = scaled(x[place.base + i] * r, i);
  }
  if (place.lane == 0u && place.row < COUNT) {
    inverse[place.row] = r;
  }
}
