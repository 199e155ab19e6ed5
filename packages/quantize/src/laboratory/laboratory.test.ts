import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileTensor, WorldConfig, WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld, parseWorldConfig, readQuantizedMatrices } from '@snowglobe/model';
import { dequantizeMatrix } from '@snowglobe/kernels';
import { createNodeOnnxExecutor, World } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { openRecordings, writeVideo } from '@snowglobe/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingsOf } from '../measure/recordings.js';
import type { Plan } from '../plan/plan.js';
import { encodePlan, parsePlan } from '../plan/plan.js';
import { normals } from '../testing/random.js';
import { Laboratory } from './laboratory.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
const size = untrainedConfig.width * untrainedConfig.height * 3;
const prompts = [1, 2, 3].map((seed) => Float32Array.from(normals(size, seed), (x) => Math.tanh(x)));
const open = (file = untrainedWorld({ whole: true }), more = {}) =>
  new Laboratory(file, { executor, prompts, seed: 3, runs: 16, steps: 4, calibrationSteps: 4, ...more });

function withWeights(name: string, change: (weights: Float32Array) => Float32Array): WorldFile<WorldConfig> {
  const world = untrainedWorld({ whole: true });
  const tensors = new Map<string, FileTensor>(world.tensors);
  const tensor = tensors.get(name) as FileTensor & { dtype: 'F32' };
  tensors.set(name, { ...tensor, data: change(tensor.data.slice()) });
  return { ...world, tensors };
}

const wide = 'motion/seen/weight';

/** Layers that algorithms are quick with. */
const small = (plan: Plan): Plan => ({
  ...plan,
  layers: Object.fromEntries(Object.entries(plan.layers).filter(([name]) => /tokenizer|seen/.test(name))),
});

afterAll(() => executor.close());

describe('a laboratory', () => {
  let laboratory: Laboratory;
  beforeAll(async () => {
    laboratory = open();
    await laboratory.calibrate();
  });

  it('writes worlds whose weights are those that were measured, bit by bit, and that can be played', async () => {
    const plan = small(laboratory.uniform('w4a16-g32-asym', 'gptq'));
    const { file, bytes } = await laboratory.quantize(plan, { seed: 3 });
    const encoded = encodeWorld(file);
    expect(encoded).toHaveLength(bytes);
    const again = decodeWorld(encoded, parseWorldConfig, 'again');
    const matrices = readQuantizedMatrices(again, 'again');
    expect([...matrices.keys()].sort()).toEqual(Object.keys(plan.layers).sort());
    const before = readQuantizedMatrices(file, 'before');
    for (const [name, matrix] of matrices) {
      expect(dequantizeMatrix(matrix)).toEqual(dequantizeMatrix(before.get(name)!));
    }
    const world = await World.create(again, 'again', () =>
      Promise.resolve(createNodeOnnxExecutor({ threads: 1 })),
    );
    const { width, height } = untrainedConfig;
    const play = await world.start({ prompt: { width, height, data: new Uint8Array(size).fill(99) } });
    expect((await play.step(1)).rgba).toHaveLength(width * height * 4);
    await world.close();
  });

  it('finds eight bits closer to the float world than four, in every figure that counts', async () => {
    const [eight, four] = await Promise.all(
      ['w8a16', 'w4a16-g128'].map(async (scheme) =>
        laboratory.measure(await laboratory.quantize(laboratory.uniform(scheme, 'rtn'))),
      ),
    );
    expect(eight!.bits).toBeGreaterThan(8);
    expect(four!.bits).toBeLessThan(5);
    expect(eight!.bytes).toBeGreaterThan(four!.bytes);
    for (const part of ['motion', 'tokenizer'] as const) {
      expect(eight!.parts[part]!.klMean).toBeLessThan(four!.parts[part]!.klMean);
    }
    expect(Math.abs(eight!.tokenizerPsnrDrop)).toBeLessThanOrEqual(Math.abs(four!.tokenizerPsnrDrop) + 0.01);
    expect(eight!.layers.every(({ sqnr }) => sqnr > 30)).toBe(true);
    expect(four!.layers.every(({ sqnr }) => sqnr > 8 && sqnr < 30)).toBe(true);
  });

  it('chooses a plan that fits its budget, and says how small it could be', async () => {
    const ways = ['w4a16-g128', 'w8a16'].map((scheme) => ({ scheme, algorithm: 'mse' }));
    const [small, large] = await Promise.all(
      ways.map(async ({ scheme }) => (await laboratory.quantize(laboratory.uniform(scheme, 'mse'))).bytes),
    );
    const maxBytes = Math.round((small! + large!) / 2);
    const { plan, expected } = await laboratory.choose(ways, { maxBytes });
    const { bytes } = await laboratory.quantize(plan);
    expect(bytes).toBeLessThanOrEqual(maxBytes + 2000);
    expect(Math.abs(bytes - expected.bytes)).toBeLessThan(2000);
    expect(plan.name).toBe('mixed w4a16-g128 + w8a16');
    expect(new Set(Object.values(plan.layers).map(({ scheme }) => scheme)).size).toBe(2);
    expect(parsePlan(encodePlan(plan), laboratory.layers, 'plan.json')).toEqual(plan);
    await expect(laboratory.choose(ways, { maxBytes: 1000 })).rejects.toThrow(
      /budget: 1000 bytes are too few, the smallest file with these schemes has \d+; allow as many/,
    );
  });

  it('gives the same bytes for the same seed', async () => {
    const other = open();
    await other.calibrate();
    const plan = small(laboratory.uniform('w4a16-g32', 'awq+gptq'));
    const [one, two] = await Promise.all([other, laboratory].map((each) => each.quantize(plan)));
    expect(encodeWorld(one!.file)).toEqual(encodeWorld(two!.file));
  });
});

describe('what it refuses', () => {
  it('weights that are not finite, by the layer’s name', async () => {
    for (const wrong of [NaN, Infinity]) {
      const laboratory = open(withWeights(wide, (weights) => weights.fill(wrong, 7, 8)));
      await expect(laboratory.quantize(laboratory.uniform('w8a16', 'rtn'))).rejects.toThrow(
        `quantize: ${wide} has the weight ${wrong} at input 0, output 7`,
      );
    }
  });

  it('a world that is quantized already', async () => {
    const laboratory = open();
    const { file } = await laboratory.quantize(laboratory.uniform('w8a16', 'rtn'));
    expect(() => open(file)).toThrow(/quantize: is quantized already \(w8a16 rtn\)/);
  });

  it('calibration data that is none, or of another size', async () => {
    await expect(open(undefined, { prompts: [] }).calibrate()).rejects.toThrow(
      'calibration: there is no frame to begin with',
    );
    await expect(open(undefined, { prompts: [new Float32Array(12)] }).calibrate()).rejects.toThrow(
      /calibration: a frame has 12 numbers and this world's 32x32 pixels have 3072/,
    );
  });

  it('recordings of another size, or too short for a rollout', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snowglobe-quantize-'));
    const video = join(folder, 'clip.mp4');
    const frames = Array.from({ length: 5 }, (_, t) => new Uint8Array(32 * 32 * 3).fill(t * 9));
    await writeVideo(video, frames, { width: 32, height: 32, fps: 15 });
    const trained = { executor, store: executor.createStore(), starts: 4 };
    for (const [side, message] of [
      [16, 'recordings of 16x16 do not fit a world of 32x32'],
      [32, 'none of 1 recordings has the 11 frames of a rollout'],
    ] as const) {
      const data = await openRecordings(video, { width: side, height: side, cacheFolder: folder });
      await expect(recordingsOf(data, untrainedConfig, trained)).rejects.toThrow(message);
      data.close();
    }
  });

  it('plans that are none, or for another world', () => {
    const { layers } = open();
    const plan = (change: object): string =>
      JSON.stringify({ format: 'snowglobe-quantization-plan', version: 1, name: 'p', layers: {}, ...change });
    const refuse = (text: string, message: string): void =>
      expect(() => parsePlan(text, layers, 'plan.json')).toThrow(message);
    refuse('{', 'plan.json: it is no JSON');
    refuse(plan({ version: 2 }), 'plan.json: its version is not valid');
    refuse(plan({ more: 1 }), 'plan.json: its more is not valid');
    refuse(plan({ layers: { nowhere: { scheme: 'w8a16', algorithm: 'rtn' } } }), "it plans 'nowhere'");
    refuse(
      plan({ layers: { [wide]: { scheme: 'w9', algorithm: 'rtn' } } }),
      `${wide}: scheme: there is no 'w9'`,
    );
    refuse(plan({ layers: { [wide]: { scheme: 'w8a16', algorithm: 'x' } } }), `${wide}: algorithm: 'x' has`);
  });
});
