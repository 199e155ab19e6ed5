// A thread holds QUERIES_HELD queries of one head with their results in registers and walks over keys and values, KEYS_HELD at
// a time, straight from memory; the softmax is rescaled as it goes (FlashAttention, Dao et al. 2022). Heads are VECTORS vec4s
// wide. With SPLITS > 1 each thread sees a part of the keys and leaves its sums to merge.wgsl (FlashDecoding, Dao et al. 2023).
// The results' bindings, bias_at and the key range are generated.
@group(0) @binding(0) var<storage, read> q: array<vec4f>;  // (B, QUERIES, WIDTH / 4)
@group(0) @binding(1) var<storage, read> k: array<vec4f>;  // (B, KEYS, WIDTH / 4)
@group(0) @binding(2) var<storage, read> v: array<vec4f>;

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
  //: for d in VECTORS
  let q$i_$d = q[base$i + $d] * SCALE;
  var sum$i_$d = vec4f(0.0);
  //: end
  //: end
  // Ranges grow with the query, so the thread needs the first's start to the last's end.
  let start = key_start(first);
  let end = key_end(min(first + QUERIES_HELD, QUERIES) - 1u);
  let share = (end - start + SPLITS - 1u) / SPLITS;
  let from_key = start + part * share;
  let to_key = min(end, from_key + share);
  for (var key = from_key; key < to_key; key += KEYS_HELD) {
    //: for j in KEYS_HELD
    let at$j = key_base + min(key + $j, KEYS - 1u) * WIDTH4;
    //: for i in QUERIES_HELD
    var score$i_$j = 0.0;
    //: end
    //: for d in VECTORS
    {
      let keys = k[at$j + $d];
      //: for i in QUERIES_HELD
      score$i_$j += dot(q$i_$d, keys);
      //: end
    }
    //: end
    //: for i in QUERIES_HELD
    //: if BIASED
    score$i_$j += bias_at(query$i, min(key + $j, KEYS - 1u));
    //: end
    //: if MASKED
    score$i_$j = select(score$i_$j, LOWEST, key + $j >= min(to_key, key_end(query$i)) || key + $j < key_start(query$i));
    //: end
    //: end
    //: end
    //: for i in QUERIES_HELD
    var new_largest$i = largest$i;
    //: for j in KEYS_HELD
    new_largest$i = max(new_largest$i, score$i_$j);
    //: end
    let rescale$i = exp(largest$i - new_largest$i);
    largest$i = new_largest$i;
    total$i *= rescale$i;
    //: for j in KEYS_HELD
    //: if MASKED
    // A step may hold no key that this query sees: then every score is LOWEST, which must not count.
    let weight$i_$j = select(exp(score$i_$j - largest$i), 0.0, score$i_$j == LOWEST);
    //: end
    //: if not MASKED
    let weight$i_$j = exp(score$i_$j - largest$i);
    //: end
    total$i += weight$i_$j;
    //: end
    //: end
    //: for d in VECTORS
    {
      //: for j in KEYS_HELD
      let v$j = v[at$j + $d];
      //: end
      //: for i in QUERIES_HELD
      sum$i_$d *= rescale$i;
      //: for j in KEYS_HELD
      sum$i_$d += weight$i_$j * v$j;
      //: end
      //: end
    }
    //: end
  }
  //: for i in QUERIES_HELD
  if (first + $i < QUERIES) {
    //: if SPLIT
    let row$i = ((part * BATCH + batch) * QUERIES + query$i) * HEADS + head;
    statistics[row$i] = vec2f(largest$i, total$i);
    //: for d in VECTORS
    sums[row$i * VECTORS + $d] = sum$i_$d;
    //: end
    //: end
    //: if not SPLIT
    //: for d in VECTORS
    result[base$i + $d] = sum$i_$d / total$i;
    //: end
    //: end
  }
  //: end
}
