import { attentionCases } from './attention.js';
import type { CheckCase } from './case.js';
import { otherCases } from './others.js';
import { matmulCases } from './matmuls.js';

export type { CheckCase } from './case.js';
export { graphOf } from './case.js';

/**
 * Cases for every op, the first case of each before the second of any: where time runs out, every op was looked at. Matmuls and
 * attentions, which have most of the variants, stand first.
 */
export function checkCases(): readonly CheckCase[] {
  const seen = new Map<string, number>();
  return [...matmulCases(), ...attentionCases(), ...otherCases()]
    .map((each) => {
      const key = each.ops.join();
      const round = seen.get(key) ?? 0;
      seen.set(key, round + 1);
      return { each, round };
    })
    .sort((a, b) => a.round - b.round)
    .map(({ each }) => each);
}
