import type { Tensor } from '@snowglobe/graph';
import { pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { encodeClauses, clauseIds, clauseWords, idsOf } from '../../../text/encoder.js';
import { wordsOfEvent } from '../../../text/events.js';
import type { EventsConfig } from '../config/config.js';

/** Shapes: B worlds, W words of a sentence, C width. */

/** Where the weights of what is told are, within those of the dynamics. */
export const eventsScope = 'events';

/** The input of a frame that takes what is told. */
export const toldInput = 'told';

/** Words that say what happens, as input of a frame: W. */
export const toldWords = clauseWords;

/** A sentence as input of a frame: i32 (W), words of the vocabulary from 1; all 0 where nothing is told. */
export function toldIds(sentence: string | undefined, { vocabulary }: EventsConfig): Int32Array {
  return clauseIds(sentence === undefined ? [] : [wordsOfEvent(sentence)], idsOf(vocabulary), 1);
}

/**
 * What is told as one vector (B, C): zeros where nothing is told, and as long as nothing was learned of events.
 * @param told_BW see `toldIds`
 */
export function embedTold(
  told_BW: Tensor,
  { vocabulary, width: wordWidth }: EventsConfig,
  width: number,
): Tensor {
  const [batch, words] = told_BW.shape as [number, number];
  return told_BW.builder.scope(eventsScope, () => {
    const sizes = { words: vocabulary.length, wordWidth, width };
    const told_B1C = encodeClauses(reshape(told_BW, [batch, 1, words]), sizes);
    const isTold = p.toF32(p.greater(sum(p.toF32(p.greater(told_BW, 0)), 1), 0));
    const told_BC = linear(reshape(told_B1C, [batch, width]), 'told', width, { gain: 0, bias: false });
    return p.mul(told_BC, reshape(isTold, [batch, 1]));
  });
}
