import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../../base64.js';

/** Shapes: K patches. */

/** Which patches are seen beside which. */
export interface AdjacencyConfig {
  /** Pairs (a, b), b right of a. */
  readonly right: PairSet;
  /** Pairs (a, b), b below a. */
  readonly below: PairSet;
}

/** A set of pairs (a, b) of patches. */
export interface PairSet {
  /** Those a with which every b is in it, and those b with which every a is: of most of them too little was seen. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /**
   * All other pairs, in rows of a: a byte is how many pairs to go on from the last one of the set (255: go on by 255, with none there), all
   * bytes in base64.
   */
  readonly pairs: string;
}

/** Patches of a world that knows which go together at most: sampling looks into 4 tables of K². */
export const mostAdjacent = 1024;

const far = 255;

/** @param goes (K, K): 1 where b goes beside a */
export function packPairs(goes: Uint8Array): PairSet {
  const codebook = Math.sqrt(goes.length);
  const codes = Array.from({ length: codebook }, (_, code) => code);
  const rows = codes.filter((a) => codes.every((b) => goes[a * codebook + b] === 1));
  const columns = codes.filter((b) => codes.every((a) => goes[a * codebook + b] === 1));
  const [isRow, isColumn] = [new Set(rows), new Set(columns)];
  const bytes: number[] = [];
  let last = -1;
  goes.forEach((is, pair) => {
    if (is === 0 || isRow.has(Math.floor(pair / codebook)) || isColumn.has(pair % codebook)) return;
    let gap = pair - last - 1;
    for (; gap >= far; gap -= far) bytes.push(far);
    bytes.push(gap);
    last = pair;
  });
  return { rows, columns, pairs: toBase64(Uint8Array.from(bytes)) };
}

/** (K, K), or undefined for what is no set of pairs of K patches. */
export function unpackPairs({ rows, columns, pairs }: PairSet, codebook: number): Uint8Array | undefined {
  if ([...rows, ...columns].some((code) => code >= codebook)) return undefined;
  const goes = new Uint8Array(codebook ** 2);
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(pairs);
  } catch {
    return undefined;
  }
  let at = -1;
  for (const byte of bytes) {
    at += byte === far ? far : byte + 1;
    if (at >= goes.length) return undefined;
    if (byte !== far) goes[at] = 1;
  }
  for (const a of rows) goes.fill(1, a * codebook, (a + 1) * codebook);
  for (const b of columns) for (let a = 0; a < codebook; a++) goes[a * codebook + b] = 1;
  return goes;
}

const code = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(mostAdjacent - 1));
const codes = v.pipe(v.array(code), v.maxLength(mostAdjacent));
const pairSet = v.strictObject({
  ...{ rows: codes, columns: codes },
  pairs: v.pipe(v.string(), v.maxLength(2 ** 21)),
});

export const adjacencySchema = v.strictObject({ right: pairSet, below: pairSet });
