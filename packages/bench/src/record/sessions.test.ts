import { expect, it } from 'vitest';
import { sessionFamilies, shapeAtOnce, shapePaced, summarizeSessions } from './sessions.js';
import type { BenchEntry } from './types.js';

const entry = (family: string, shape: string, samples: readonly number[]): BenchEntry => ({
  ...{ suite: 'sessions', family, shape, dtype: 'f32', variant: 'onnx', choice: 'default' },
  ...{ ms: samples[0]!, spread: 0, samples, repeats: 1 },
});

it('a summary of sessions is of the first world, by its entries alone', () => {
  const { atOnce, paced } = sessionFamilies;
  const late = Array.from({ length: 200 }, (_, i) => 10 + i);
  const entries = [
    entry(atOnce, shapeAtOnce('crafter', 1), [6]),
    entry(atOnce, shapeAtOnce('crafter', 64), [256]),
    entry(paced, shapePaced('crafter', 9), late),
    entry(atOnce, shapeAtOnce('coinrun', 1), [10]),
    entry(atOnce, shapeAtOnce('coinrun', 64), [320]),
    entry(paced, shapePaced('coinrun', 5), [40]),
  ];
  expect(summarizeSessions(entries)).toEqual({ ratio64: 1.5, playersAt24: 9, latenessP99: 207 });
  expect(summarizeSessions(entries.slice(3))).toEqual({ ratio64: 2, playersAt24: 5, latenessP99: 40 });
  expect(summarizeSessions([])).toEqual({ ratio64: null, playersAt24: null, latenessP99: null });
});
