// `term(y, g)` and `finish(y, g, total)` are generated; total is the sum of the row's terms.
@group(0) @binding(0) var<storage, read> y: array<Element>;
@group(0) @binding(1) var<storage, read> g: array<Element>;
@group(0) @binding(2) var<storage, read_write> result: array<Element>;

//: include row_main
  var total = 0.0;
  for (var i = place.lane; i < place.length; i += LANES) {
    total += total_of(term(y[place.base + i], g[place.base + i]));
  }
  total = row_sum(total, local);
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = finish(y[place.base + i], g[place.base + i], total);
  }
}
