// The bindings of gain and result, and `scaled(value, column)`, which applies the gain, are generated.
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> inverse: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<Element>;

//: include row_main
  var along = 0.0;
  for (var i = place.lane; i < place.length; i += LANES) {
    along += total_of(scaled(g[place.base + i], i) * x[place.base + i]);
  }
  let r = inverse[min(place.row, COUNT - 1u)];
  let pull = r * r * row_sum(along, local) / CHANNELS;
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = r * (scaled(g[place.base + i], i) - x[place.base + i] * pull);
  }
}
