// The KEEP largest scores of a row, a workgroup a row. The KEEP-th largest is found
// digit by digit, counting in parallel; each thread then lists what its own stretch of blocks has.
@group(0) @binding(0) var<storage, read> keys: array<u32>;           // (ROWS, BLOCKS), in the order of the scores
@group(0) @binding(1) var<storage, read_write> chosen: array<u32>;     // (ROWS, KEEP)
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;     // (ROWS)

const STRETCH = (BLOCKS + WORKGROUP_SIZE - 1u) / WORKGROUP_SIZE;

var<workgroup> digits: array<atomic<u32>, 16>;
var<workgroup> above: array<u32, WORKGROUP_SIZE>;
var<workgroup> equal: array<u32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;
  let base = row * BLOCKS;
  let begin = min(local * STRETCH, BLOCKS);
  let end = min(begin + STRETCH, BLOCKS);
  // The KEEP-th largest key, four bits at a time from the highest: how many keys begin with what is known has each next digit?
  var threshold = 0u;
  var known = 0u;
  var all_above = 0u;
  for (var shift = 28u; ; shift -= 4u) {
    if (local < 16u) {
      atomicStore(&digits[local], 0u);
    }
    workgroupBarrier();
    for (var i = begin; i < end; i++) {
      let key = keys[base + i];
      if ((key & known) == threshold) {
        atomicAdd(&digits[(key >> shift) & 15u], 1u);
      }
    }
    workgroupBarrier();
    var digit = 15u;
    var count = atomicLoad(&digits[15]);
    while (digit > 0u && all_above + count < KEEP) {
      all_above += count;
      digit--;
      count = atomicLoad(&digits[digit]);
    }
    threshold |= digit << shift;
    known |= 15u << shift;
    workgroupBarrier();
    if (shift == 0u) {
      break;
    }
  }
  // What is ruled out has key 0.
  threshold = max(threshold, 1u);

  var own_above = 0u;
  var own_equal = 0u;
  for (var i = begin; i < end; i++) {
    let key = keys[base + i];
    own_above += select(0u, 1u, key > threshold);
    own_equal += select(0u, 1u, key == threshold);
  }
  above[local] = own_above;
  equal[local] = own_equal;
  workgroupBarrier();
  all_above = 0u;
  var all_equal = 0u;
  var above_before = 0u;
  var equal_before = 0u;
  for (var i = 0u; i < WORKGROUP_SIZE; i++) {
    if (i == local) {
      above_before = all_above;
      equal_before = all_equal;
    }
    all_above += above[i];
    all_equal += equal[i];
  }
  // Of equal scores the first ones are taken until the row is full.
  let room = KEEP - all_above;
  var place = above_before + min(equal_before, room);
  var equals = equal_before;
  for (var i = begin; i < end; i++) {
    let key = keys[base + i];
    let taken = key > threshold || (key == threshold && equals < room);
    if (key == threshold) {
      equals++;
    }
    if (taken) {
      chosen[row * KEEP + place] = i;
      place++;
    }
  }
  if (local == 0u) {
    counts[row] = all_above + min(all_equal, room);
  }
}
