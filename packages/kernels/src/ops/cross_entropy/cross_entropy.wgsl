// Loss of each row: log of the sum of exponentials less the target's logit.
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//: include row_main
  //: include row_exponentials
  if (place.lane == 0u && place.row < COUNT) {
    let likely = member_of(place.base, min(u32(targets[place.row]), CLASSES - 1u));
    result[place.row] = log(total) - (likely - high);
  }
}
