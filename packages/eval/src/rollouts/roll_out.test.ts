import { oneActionLogits } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import { createReferenceExecutor, openWeights, World } from '@snowglobe/runtime';
import { untrainedConfig as config, untrainedWorld } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { rollOut, seedsFrom } from './roll_out.js';

const { width, height } = config;
const size = width * height * 3;
const picture = (world: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => ((i + 31 * world) * 7919) % 256);
const actionOf = (world: number, t: number): number => (3 * world + t) % config.motion.actions;

it('samples side by side what sessions with the same seeds sample alone, noise and all', async () => {
  const file = untrainedWorld();
  const batch = 3;
  const [length, temperature, confidenceThreshold] = [4, 0.7, 0.2];
  const executor = createReferenceExecutor();
  const { store } = openWeights(executor, file, 'test');
  const graph = file.model.frameGraph({ batch });
  const program = await executor.compile(graph, { store, freeze: true });
  const prompts = new Float32Array(batch * size);
  for (let b = 0; b < batch; b++) prompts.set(pixelsOf(picture(b)), b * size);
  const codes: number[][][] = Array.from({ length: batch }, () => []);
  const seeds = seedsFrom(9, 16, batch);
  await rollOut(
    { graph, program, store, model: file.model },
    {
      ...{ length, prompts, seeds, temperature, confidenceThreshold, outputs: ['codes'] },
      actionLogits: (t) =>
        Array.from({ length: batch }, (_, b) => oneActionLogits(actionOf(b, t), file.model.actions)),
    },
    (_, { codes: sampled }) => {
      const own = sampled!.length / batch;
      codes.forEach((world, b) => world.push([...sampled!.slice(b * own, (b + 1) * own)]));
    },
  );
  await program.close();

  const world = await World.create(file, 'test', () => Promise.resolve(createReferenceExecutor()));
  for (let b = 0; b < batch; b++) {
    const prompt = { width, height, data: picture(b) };
    const session = await world.start({ prompt, seed: seeds[b]!, temperature, confidenceThreshold });
    for (let t = 0; t < length; t++) {
      const { codes: alone } = await session.step(actionOf(b, t), { codes: true });
      expect(codes[b]![t], `world ${b}, frame ${t}`).toEqual([...alone!]);
    }
  }
  await world.close();
  expect(new Set(codes.flat().map(String)).size).toBeGreaterThan(batch);
});

it('gives every world of a batch, and of the batches after it, a seed of its own', () => {
  const seeds = [0, 16, 32].flatMap((first) => seedsFrom(5, first, 16));
  expect(new Set(seeds).size).toBe(48);
});
