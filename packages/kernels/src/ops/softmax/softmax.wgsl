// `finish(z, total)` is generated: z is an Element less the row's maximum, total the row's sum of exponentials.
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> result: array<Element>;

//: include row_main
  //: include row_exponentials
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = finish(x[place.base + i] - high, total);
  }
}
