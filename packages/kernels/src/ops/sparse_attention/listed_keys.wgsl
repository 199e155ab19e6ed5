  let i = id.y * (groups.x * WORKGROUP_SIZE) + id.x;  // (B, QUERIES, HEADS)
  if (i >= COUNT) {
    return;
  }
  let position = i / HEADS;
  let columns = (i % HEADS) * HEAD;
  let query = position * WIDTH + columns;
  let base = (position / QUERIES) * KEYS * WIDTH + columns;
  let row = position / QUERY_BLOCK;
  let first = u32(indptr[row]);
  let keys = (u32(indptr[row + 1u]) - first) * KEY_BLOCK;
