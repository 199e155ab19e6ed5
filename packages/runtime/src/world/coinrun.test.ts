import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage } from '@snowglobe/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from './world.js';
import { openWorld } from './node/open_world.js';
import type { Frame } from './frame.js';

/** The world that ships, from held-out prompts: what a person would look at first. */
const folder = fileURLToPath(new URL('../../worlds/prompts', import.meta.url));
const prompts = readdirSync(folder)
  .filter((name) => name.startsWith('coinrun-'))
  .map((name) => ({ name, image: decodeImage(readFileSync(join(folder, name)), name) }));

const range = { x: 4, y: 10 };

/** By how many pixels the picture moved from one frame to the next: the shift that explains most of it. */
function shiftBetween(before: Frame, after: Frame): { readonly x: number; readonly y: number } {
  const { width, height } = before;
  let best = { x: 0, y: 0, error: Infinity };
  for (let y = -range.y; y <= range.y; y++) {
    for (let x = -range.x; x <= range.x; x++) {
      let error = 0;
      for (let row = range.y; row < height - range.y; row++) {
        for (let column = range.x; column < width - range.x; column++) {
          const [a, b] = [(row * width + column) * 4, ((row - y) * width + column - x) * 4];
          for (let c = 0; c < 3; c++) error += Math.abs(after.rgba[a + c]! - before.rgba[b + c]!);
        }
      }
      // A flat picture fits everywhere: the smaller shift wins.
      if (
        error < best.error * (1 - 1e-9) ||
        (error <= best.error && Math.hypot(x, y) < Math.hypot(best.x, best.y))
      )
        best = { x, y, error };
    }
  }
  return best;
}

async function travel(world: World, image: (typeof prompts)[number]['image'], script: readonly string[]) {
  const session = await world.start({ prompt: image, seed: 7, temperature: 0 });
  const frames = [session.first];
  for (const action of script) frames.push(await session.step(action));
  return frames.slice(1).map((frame, t) => shiftBetween(frames[t]!, frame));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const times = (count: number, action: string): string[] => new Array<string>(count).fill(action);

describe('the default world', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('coinrun', { executor: 'onnx' });
  });
  afterAll(() => world.close());

  it('says where it comes from and how good it is', () => {
    const { provenance, evaluation, codeToAction } = world.metadata;
    expect(provenance.command).toMatch(/^snowglobe train /);
    expect(provenance.licences.length).toBeGreaterThan(0);
    expect(codeToAction).toHaveLength(8);
    expect(evaluation['rolloutLatentPsnr']).toBeGreaterThan(evaluation['copyPromptPsnr']! + 2);
  });

  it('moves the way that the keys say', async () => {
    expect(prompts.length).toBeGreaterThanOrEqual(4);
    let [right, left, jumped] = [0, 0, 0];
    for (const { image } of prompts) {
      // The camera follows: what is seen moves the other way.
      if (sum((await travel(world, image, times(12, 'right'))).map(({ x }) => x)) < 0) right++;
      if (sum((await travel(world, image, times(12, 'left'))).map(({ x }) => x)) > 0) left++;
      const heights = (await travel(world, image, times(6, 'jump'))).map(({ y }) => y);
      if (Math.max(...heights) >= 3) jumped++;
    }
    // A wall may be in the way.
    expect({ right, left, jumped }).toMatchObject({
      right: expect.toSatisfy((n: number) => n > prompts.length / 2),
      left: expect.toSatisfy((n: number) => n > prompts.length / 2),
      jumped: expect.toSatisfy((n: number) => n > prompts.length / 2),
    });
  });

  // Minutes a run: a software GPU needs seconds for a frame of so large a world, and so do the reference loops.
  it.runIf(process.env['SNOWGLOBE_LONG_TESTS'])(
    'samples the same codes on every executor for 16 frames at temperature 0',
    async () => {
      const script = [...times(6, 'right'), ...times(6, 'jump'), ...times(4, 'left')];
      const runs: number[][][] = [];
      for (const executor of ['onnx', 'webgpu', 'reference'] as const) {
        const other = await openWorld('coinrun', { executor });
        const session = await other.start({ prompt: prompts[0]!.image, seed: 7, temperature: 0 });
        const codes = [];
        for (const action of script) codes.push([...(await session.step(action, { codes: true })).codes!]);
        runs.push(codes);
        await other.close();
      }
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2]).toEqual(runs[0]);
      expect(new Set(runs[0]!.map(String)).size).toBeGreaterThan(1);
    },
    1_200_000,
  );
});
