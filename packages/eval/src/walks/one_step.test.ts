import type { Recordings } from '@snowglobe/model';
import { createNodeOnnxExecutor, openWeights } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, expect, it } from 'vitest';
import type { Trial } from './one_step.js';
import { openOneStep } from './one_step.js';
import { openWorldWalker } from './world_walker.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
afterAll(() => executor.close());

const { width, height } = untrainedConfig;
const size = width * height * 3;
/** Two clips of noise that drifts, of different lengths. */
const data: Recordings = {
  ...{ width, height, actionNames: [], totalFrames: 20 },
  clips: [12, 8].map((frames, i) => ({ name: `clip ${i}`, frames, hasActions: false })),
  frames: (clip, start, count) =>
    Uint8Array.from({ length: count * size }, (_, i) => {
      const t = start + Math.floor(i / size);
      return (((i % size) + 3 * t * (clip + 1)) * 7919) % 256;
    }),
  actions: (_, __, count) => Array.from({ length: count }, () => undefined),
  subset: () => data,
  sampleWindows: () => {
    throw new Error('not asked for here');
  },
};

it('is what a session would sample there, and leaves the past as it was', async () => {
  const file = untrainedWorld({ whole: true });
  const { store } = openWeights(executor, file, 'test');
  const how = { executor, store, temperature: 0.6, confidenceThreshold: 0 };
  const training = await file.model.training();
  const session = training.open({ data, executor, store, seed: 1 });
  const oneStep = await openOneStep(data, session, file.model, { ...how, seed: 5 });
  const framesOf = async (...trials: readonly Trial[]): Promise<Uint8Array[]> => {
    const frames: Uint8Array[] = [];
    await oneStep.run(trials, (i, frame) => (frames[i] = frame.slice()));
    return frames;
  };
  const early = { clip: 0, frame: 0, action: 2 };
  const [first] = await framesOf(early);
  const walker = await openWorldWalker(data, file.model, { ...how, batch: 16 });
  await walker.walk(
    { starts: [early], length: 1, seeds: [5], actions: () => [2] },
    (_, [frame]) => void expect(first).toEqual(frame),
  );
  await walker.close();

  // A trial is the same whatever was tried before it, in its own clip and in the other, but for its seed.
  const late = { clip: 0, frame: 7, action: 1 };
  const short = { clip: 1, frame: 6, action: 3 };
  const [alone] = await framesOf(late);
  const [among, , other] = await framesOf(late, early, short);
  expect(among).toEqual(alone);
  expect(other).not.toEqual(alone);
  const [elsewhere] = await framesOf({ ...late, frame: 5 });
  expect(elsewhere).not.toEqual(alone);
  await oneStep.close();
  store.close();
});
