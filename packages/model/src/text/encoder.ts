import type { Tensor } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';
import { norm } from '../layers/norm.js';
import { parameter } from '../parameter.js';
import type { Clause } from './clauses.js';

/** Shapes: B batch, K clauses, W words of a clause, V words of the vocabulary, D width of words, C width of clauses. */

/** Words of a clause that are read; the others are left out. */
export const clauseWords = 10;

/** Clauses as input of graphs: i32 (K, W), words of the vocabulary from 1; 0 where there is none. */
export function clauseIds(
  clauses: readonly Clause[],
  vocabulary: ReadonlyMap<string, number>,
  slots: number,
): Int32Array {
  const ids = new Int32Array(slots * clauseWords);
  clauses.slice(0, slots).forEach((clause, k) => {
    const known = clause.flatMap((word) => vocabulary.get(word) ?? []);
    ids.set(known.slice(0, clauseWords), k * clauseWords);
  });
  return ids;
}

/** The index from 1 of each word, for `clauseIds`. */
export const idsOf = (vocabulary: readonly string[]): ReadonlyMap<string, number> =>
  new Map(vocabulary.map((word, i) => [word, i + 1]));

/**
 * Clauses as vectors (B, K, C): the sum of their words, through two matrices. The order of words within a clause tells nothing; a slot without a
 * clause has a vector of its own.
 * @param ids_BKW see `clauseIds`
 * @param words V
 */
export function encodeClauses(
  ids_BKW: Tensor,
  { words, wordWidth, width }: { readonly words: number; readonly wordWidth: number; readonly width: number },
): Tensor {
  const { builder } = ids_BKW;
  return builder.scope('text', () => {
    const table = builder.scope('words', () =>
      parameter(builder, 'embedding', [words + 1, wordWidth], { kind: 'normal', standardDeviation: 0.5 }),
    );
    const isWord = p.toF32(p.greater(ids_BKW, 0));
    const rows = p.mul(gatherRows(table, ids_BKW), reshape(isWord, [...ids_BKW.shape, 1]));
    const hidden = p.gelu(linear(sum(rows, 2), 'hidden', width));
    return norm(linear(hidden, 'out', width), 'norm');
  });
}
