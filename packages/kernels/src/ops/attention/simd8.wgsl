// For drivers that compute on the CPU, where the threads of a subgroup are the lanes of a vector. A thread holds QUERIES_HELD
// queries of one head and their results, all of it in registers; the subgroup walks over keys and values, KEYS_HELD at a time, and
// rescales the softmax as it goes (FlashAttention, Dao et al. 2022). All lanes need the same keys: each loads one number of
// LANES neighbours, and a swizzle gives it to the others. HEAD is GROUPS x LANES numbers.
// bias_at, the key range and the buffers of keys, values and the result are generated.
@group(0) @binding(0) var<storage, read> q: array<f32>;  // (B, QUERIES, WIDTH)

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation % LANES;
  let first = group.x * (LANES * QUERIES_HELD);
  let last = min(first + LANES * QUERIES_HELD, QUERIES) - 1u;
  let key_base = group.z * KEYS * WIDTH + group.y * HEAD + lane;
  //: for i in QUERIES_HELD
  let query$i = min(first + $i * LANES + lane, QUERIES - 1u);
  let base$i = (group.z * QUERIES + query$i) * WIDTH + group.y * HEAD;
  var largest$i = LOWEST;
  var total$i = 0.0;
  //: if MASKED
  let begin$i = key_start(query$i);
  let end$i = key_end(query$i);
  //: end
  //: for g in GROUPS
  //: for j in LANES
  let q$i_$g_$j = q[base$i + $g * LANES + $j] * SCALE;
  var sum$i_$g_$j = 0.0;
  //: end
  //: end
  //: end
  // Ranges grow with the query, so the subgroup needs the first's start to the last's end.
  let end = key_end(last);
  for (var key = key_start(first); key < end; key += KEYS_HELD) {
    //: for n in KEYS_HELD
    let at$n = key_base + min(key + $n, KEYS - 1u) * WIDTH;
    //: for i in QUERIES_HELD
    var score$i_$n = 0.0;
    //: end
    //: for g in GROUPS
    {
      let one = k[at$n + $g * LANES];
      //: for j in LANES
      let k$j = subgroupBroadcast(one, $j);
      //: for i in QUERIES_HELD
      score$i_$n += q$i_$g_$j * k$j;
      //: end
      //: end
    }
    //: end
    //: for i in QUERIES_HELD
    //: if BIASED
    score$i_$n += bias_at(group.z, query$i, min(key + $n, KEYS - 1u));
    //: end
    //: if MASKED
    score$i_$n = select(score$i_$n, LOWEST, (key + $n < begin$i) | (key + $n >= end$i));
    //: end
    //: end
    //: end
    //: include softmax_step
    //: for g in GROUPS
    {
      //: for i in QUERIES_HELD
      //: for j in LANES
      sum$i_$g_$j *= rescale$i;
      //: end
      //: end
      //: for n in KEYS_HELD
      let one$n = v[at$n + $g * LANES];
      //: for j in LANES
      let v$n_$j = subgroupBroadcast(one$n, $j);
      //: for i in QUERIES_HELD
      sum$i_$g_$j += weight$i_$n * v$n_$j;
      //: end
      //: end
      //: end
    }
    //: end
  }
  //: for i in QUERIES_HELD
  if (first + $i * LANES + lane < QUERIES) {
    //: for g in GROUPS
    //: for j in LANES
    result[base$i + $g * LANES + $j] = sum$i_$g_$j / total$i;
    //: end
    //: end
  }
  //: end
}
