// A thread holds the results of QUERIES_HELD queries of one head and walks over keys and values, KEYS_HELD at
// a time, straight from memory; the softmax is rescaled as it goes (FlashAttention, Dao et al. 2022). Heads are VECTORS vec4s
// wide. With SPLITS > 1 each thread sees a part of the keys and leaves its sums to merge.wgsl (FlashDecoding, Dao et al. 2023).
// SPARSE: the keys are those of the blocks that indices lists for the thread's block of queries.
// k and v, (B, KEYS, WIDTH / 4) as q is, bias_at, the key range and all buffers but q are generated.
@group(0) @binding(0) var<storage, read> q: array<vec4f>;  // (B, QUERIES, WIDTH / 4)

const WIDTH4 = WIDTH / 4u;
const BLOCKS = (QUERIES + QUERIES_HELD - 1u) / QUERIES_HELD;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * (groups.x * THREADS) + id.x;  // (B, HEADS, BLOCKS)
  if (thread >= BATCH * HEADS * BLOCKS) {
    return;
  }
  let first = (thread % BLOCKS) * QUERIES_HELD;
  let head = (thread / BLOCKS) % HEADS;
  let batch = thread / (BLOCKS * HEADS);
  let part = id.z;
  let columns = head * VECTORS;
  let key_base = batch * KEYS * WIDTH4 + columns;
  //: for i in QUERIES_HELD
  let query$i = min(first + $i, QUERIES - 1u);
  let base$i = (batch * QUERIES + query$i) * WIDTH4 + columns;
  var largest$i = LOWEST;
  var total$i = 0.0;
  var sums$i: array<vec4f, VECTORS>;
  //: end
  //: if SPARSE
  let row_of_blocks = (batch * QUERIES + first) / QUERY_BLOCK;
  let first_block = u32(indptr[row_of_blocks]);
  let steps = (u32(indptr[row_of_blocks + 1u]) - first_block) * STEPS_OF_BLOCK;
  //: end
  //: if not SPARSE
  // Ranges grow with the query, so the thread needs the first's start to the last's end.
  let start = key_start(first);
  let steps = (key_end(min(first + QUERIES_HELD, QUERIES) - 1u) - start + KEYS_HELD - 1u) / KEYS_HELD;
  //: if MASKED
  //: for i in QUERIES_HELD
  let begin$i = key_start(query$i);
  let end$i = key_end(query$i);
  //: end
  //: end
  //: end
  let share = (steps + SPLITS - 1u) / SPLITS;
  for (var step = part * share; step < min(steps, (part + 1u) * share); step++) {
    //: if SPARSE
    let block = u32(indices[first_block + step / STEPS_OF_BLOCK]);
    let key = block * KEY_BLOCK + (step % STEPS_OF_BLOCK) * KEYS_HELD;
    //: if MASKED
    //: for i in QUERIES_HELD
    let begin$i = 0u;
    let end$i = (block + 1u) * KEY_BLOCK;
    //: end
    //: end
    //: end
    //: if not SPARSE
    let key = start + step * KEYS_HELD;
    //: end
    //: for j in KEYS_HELD
    let at$j = key_base + min(key + $j, KEYS - 1u) * WIDTH4;
    //: for i in QUERIES_HELD
    var score$i_$j = 0.0;
    //: end
    //: end
    for (var d = 0u; d < VECTORS; d++) {
      //: for i in QUERIES_HELD
      let q$i = q[base$i + d];
      //: end
      //: for j in KEYS_HELD
      let k$j = k[at$j + d];
      //: for i in QUERIES_HELD
      score$i_$j += dot(q$i, k$j);
      //: end
      //: end
    }
    //: for j in KEYS_HELD
    //: for i in QUERIES_HELD
    score$i_$j *= SCALE;
    //: if BIASED
    score$i_$j += bias_at(batch, query$i, min(key + $j, KEYS - 1u));
    //: end
    //: if MASKED
    score$i_$j = select(score$i_$j, LOWEST, (key + $j < begin$i) | (key + $j >= end$i));
    //: end
    //: end
    //: end
    //: include softmax_step
    for (var d = 0u; d < VECTORS; d++) {
      //: for j in KEYS_HELD
      let v$j = v[at$j + d];
      //: end
      //: for i in QUERIES_HELD
      var sum$i = sums$i[d] * rescale$i;
      //: for j in KEYS_HELD
      sum$i += weight$i_$j * v$j;
      //: end
      sums$i[d] = sum$i;
      //: end
    }
  }
  //: for i in QUERIES_HELD
  if (first + $i < QUERIES) {
    //: if SPLIT
    let row = ((part * BATCH + batch) * QUERIES + query$i) * HEADS + head;
    statistics[row] = vec2f(largest$i, total$i);
    for (var d = 0u; d < VECTORS; d++) {
      parts[row * VECTORS + d] = sums$i[d];
    }
    //: end
    //: if not SPLIT
    for (var d = 0u; d < VECTORS; d++) {
      //: if SPARSE
      result[base$i + d] = select(sums$i[d] / total$i, vec4f(0.0), total$i == 0.0);
      //: end
      //: if not SPARSE
      result[base$i + d] = sums$i[d] / total$i;
      //: end
    }
    //: end
  }
  //: end
}
