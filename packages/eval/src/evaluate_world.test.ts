import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { Label, Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import type { DeltaWorldConfig } from '@snowglobe/model/testing';
import { deltaModel, encodeDelta, presets, reconstruct } from '@snowglobe/model/testing';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { randomData, untrainedConfig } from '@snowglobe/runtime/testing';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { afterAll, expect, it } from 'vitest';
import { evaluateWorld } from './evaluate_world.js';

const executor: Executor = createNodeOnnxExecutor({ threads: 1 });
afterAll(() => executor.close());

/** A view that turns, with keys for actions, and remembers more than it looks at: the preset `memory`, but small. */
const { latentActions: _, ...small } = untrainedConfig;
const config: DeltaWorldConfig = {
  ...small,
  motion: { range: presets.memory.motion.range, width: 12, actions: 2 },
  dynamics: { ...small.dynamics, memory: 12, lookback: { frames: 4, recent: 2, window: 8 } },
};

const model = deltaModel(config);

function untrainedStore(): VariableStore {
  const builder = new GraphBuilder();
  const picture = builder.input('picture', [1, config.height, config.width, 3]);
  reconstruct(picture, config.tokenizer);
  encodeDelta(picture, picture, config.delta);
  const store = executor.createStore();
  [...model.frameGraph().variables, ...builder.build().variables].forEach(([name, tensor], i) => {
    if (isPlayState(name)) return;
    const data = (randomData(tensor, i + 1) as Float32Array).map((x) => x / 2);
    store.write(name, { shape: tensor.shape, dtype: 'f32' }, data);
  });
  return store;
}

/** Clips of a picture of noise that moves by what `turns` says: 6 pixels to a side. */
function turning(names: readonly string[], ...clips: readonly (readonly Label[])[]): Recordings {
  const { width, height } = config;
  const frameSize = width * height * 3;
  const noise = Uint8Array.from({ length: frameSize }, (_, i) => (i * 7919 + (i >> 5) * 104_729) % 256);
  const seen = clips.map((labels) => {
    const all = new Uint8Array((labels.length + 1) * frameSize);
    let at = 0;
    for (let t = 0; t <= labels.length; t++) {
      for (let i = 0; i < frameSize; i++) {
        const [y, x, c] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3];
        all[t * frameSize + i] = noise[(y * width + ((((x + at) % width) + width) % width)) * 3 + c]!;
      }
      at += labels[t] === 0 ? -6 : 6;
    }
    return all;
  });
  return {
    ...{ width, height, actionNames: names },
    clips: clips.map((labels, i) => ({ name: `clip ${i}`, frames: labels.length + 1, hasActions: true })),
    totalFrames: clips.reduce((sum, { length }) => sum + length + 1, 0),
    frames: (clip, start, count) => seen[clip]!.slice(start * frameSize, (start + count) * frameSize),
    actions: (clip, start, count) => clips[clip]!.slice(start, start + count),
    subset: (some) => turning(names, ...some.map((clip) => clips[clip]!)),
    sampleWindows(random: JumpableRandomGenerator, batch, length) {
      const windows = {
        frames: new Uint8Array(batch * length * frameSize),
        clips: new Int32Array(batch),
        starts: new Int32Array(batch),
      };
      for (let b = 0; b < batch; b++) {
        const clip = uniformInt(random, 0, clips.length - 1);
        const start = uniformInt(random, 0, clips[clip]!.length + 1 - length);
        windows.clips[b] = clip;
        windows.starts[b] = start;
        windows.frames.set(this.frames(clip, start, length), b * length * frameSize);
      }
      return windows;
    },
  };
}

const random = generatorFor(1, 'labels');
const labels = (count: number): Label[] => Array.from({ length: count }, () => uniformInt(random, 0, 1));
const [first, second] = [labels(30), labels(30)];
second[4] = undefined;

it('a world of true actions and long memory is measured by its own motion, and by the names of its keys', async () => {
  const store = untrainedStore();
  const options = { executor, store, seed: 3, stride: 4, prefill: 3, actionNames: ['left', 'right'] };
  const evaluation = await evaluateWorld(turning(['left', 'right'], first, second), model, options);
  expect(evaluation.rolloutTruePsnr).toBeGreaterThan(0);
  expect(evaluation.rolloutLatentPsnr).toBeUndefined();
  expect(evaluation.figures).toMatchObject([{ name: 'crossEntropy', unit: 'nats a code' }]);
  expect(evaluation.figures[0]!.value).toBeGreaterThan(0);
  // Of (31 − 10 − 3) / 4 starts in each clip, those are left out that would follow the frame without a label.
  expect(evaluation.rollouts.starts).toBe(5 + 4);
  // The same recordings with their names in another order are the same recordings.
  const swapped = (clip: readonly Label[]): Label[] =>
    clip.map((label) => (label === undefined ? undefined : 1 - label));
  const other = turning(['right', 'left'], first, second);
  const renamed: Recordings = {
    ...other,
    actions: (clip, start, count) => swapped(other.actions(clip, start, count)),
  };
  expect(await evaluateWorld(renamed, model, options)).toEqual(evaluation);
  await expect(evaluateWorld(turning(['left', 'up'], first, second), model, options)).rejects.toThrow(
    "clip 0: its action 'up' is not among left, right; use recordings of the same keys.",
  );
}, 180_000);

it('recordings whose logs have a gap in every rollout are refused in words', async () => {
  const gaps = first.map((label, t) => (t % 8 === 0 ? undefined : label));
  await expect(
    evaluateWorld(turning(['left', 'right'], gaps), model, { executor, store: untrainedStore(), seed: 3 }),
  ).rejects.toThrow(
    'eval: none of 2 rollouts of 10 frames has an action in the key log for every frame; give recordings whose logs have no gaps.',
  );
});
