// (softmax(logits) - onehot(target)) * g, row by row.
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<Element>;

//: include row_main
  //: include row_exponentials
  let row = min(place.row, COUNT - 1u);
  let wanted = min(u32(targets[row]), CLASSES - 1u);
  for (var i = place.lane; i < place.length; i += LANES) {
    result[place.base + i] = (exp(x[place.base + i] - high) / total - one_hot(i, wanted)) * g[row];
  }
}
