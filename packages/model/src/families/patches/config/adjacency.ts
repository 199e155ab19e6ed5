import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../../base64.js';

/** Shapes: K patches. */

/**
 * Which patches are seen beside which. Each string is a set of pairs (a, b) in rows of a, b right of or below a: a byte is how many pairs to go on
 * from the last one of the set (255: go on by 255, with none there), all bytes in base64.
 */
export interface AdjacencyConfig {
  readonly right: string;
  readonly below: string;
}

/** Patches of a world that knows which go together at most: sampling looks into 4 tables of K². */
export const mostAdjacent = 1024;

const far = 255;

/** @param pairs (K, K): 1 where b goes beside a */
export function packPairs(pairs: Uint8Array): string {
  const bytes: number[] = [];
  let last = -1;
  pairs.forEach((is, pair) => {
    if (is === 0) return;
    let gap = pair - last - 1;
    for (; gap >= far; gap -= far) bytes.push(far);
    bytes.push(gap);
    last = pair;
  });
  return toBase64(Uint8Array.from(bytes));
}

/** (K, K), or undefined for what is no set of pairs of K patches. */
export function unpackPairs(text: string, codebook: number): Uint8Array | undefined {
  const pairs = new Uint8Array(codebook ** 2);
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(text);
  } catch {
    return undefined;
  }
  let at = -1;
  for (const byte of bytes) {
    at += byte === far ? far : byte + 1;
    if (at >= pairs.length) return undefined;
    if (byte !== far) pairs[at] = 1;
  }
  return pairs;
}

export const adjacencySchema = v.strictObject({
  right: v.pipe(v.string(), v.maxLength(2 ** 21)),
  below: v.pipe(v.string(), v.maxLength(2 ** 21)),
});
