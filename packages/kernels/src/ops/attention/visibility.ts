/** Which keys a query sees. Both limits speak of positions, and the last query has the position of the last key. */
export interface Visibility {
  /** No key after the query's own position. */
  readonly causal: boolean;
  /** Only keys fewer than this many positions away; all without it. */
  readonly window?: number | undefined;
}

interface Lengths {
  readonly queries: number;
  readonly keys: number;
}

/** The keys that query `i` sees are `[start, end)`. */
export function keyRange(
  i: number,
  { queries, keys }: Lengths,
  { causal, window = Infinity }: Visibility,
): readonly [start: number, end: number] {
  const position = i + keys - queries;
  return [Math.max(0, position - window + 1), Math.min(keys, causal ? position + 1 : position + window)];
}

/** The mask as WGSL: `key_start`, `key_end` of a query and `query_start`, `query_end` of a key. */
export function visibilityWgsl({ queries, keys }: Lengths, { causal, window }: Visibility): string {
  // Limits hold only where there are at least as many keys as queries, so that nothing below zero is computed.
  const shift = Math.max(0, keys - queries);
  const position = `(i + ${shift}u)`;
  const ranges = {
    key_start: window === undefined ? '0u' : `max(${position} + 1u, ${window}u) - ${window}u`,
    key_end: causal
      ? `${position} + 1u`
      : window === undefined
        ? `${keys}u`
        : `min(${keys}u, ${position} + ${window}u)`,
    query_start: causal
      ? `max(i, ${shift}u) - ${shift}u`
      : window === undefined
        ? '0u'
        : `max(i + 1u, ${window + shift}u) - ${window + shift}u`,
    query_end:
      window === undefined ? `${queries}u` : `min(${queries}u, max(i + ${window}u, ${shift}u) - ${shift}u)`,
  };
  return Object.entries(ranges)
    .map(([name, expression]) => `fn ${name}(i: u32) -> u32 { return ${expression}; }\n`)
    .join('');
}

/** Pairs of a query and a key that it sees. */
export function visiblePairs(lengths: Lengths, visibility: Visibility): number {
  let pairs = 0;
  for (let i = 0; i < lengths.queries; i++) {
    const [start, end] = keyRange(i, lengths, visibility);
    pairs += end - start;
  }
  return pairs;
}
