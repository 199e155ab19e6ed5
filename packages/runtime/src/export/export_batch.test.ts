import type { TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { noPreference } from '@snowglobe/model';
import ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { nextFrameWorld } from '../testing/next_frame_world.js';
import { eventfulPatches, untrainedPatches } from '../testing/untrained_patches.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { promptFrame } from '../world/prompt.js';
import { World } from '../world/world.js';
import { exportWorld } from './export_world.js';
import { readOnnx } from './testing/read_onnx.js';

const picture = (step: number) => ({
  ...{ width: 32, height: 32 },
  data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * step) % 256),
});
/** Games that follow each other in each of three rows: the second one of a row begins when its first has so many frames. */
const games = [
  [{ prompt: picture(37), seed: 7, frames: 6 }],
  [
    { prompt: picture(61), seed: 8, frames: 2 },
    { prompt: picture(101), seed: 9, frames: 4 },
  ],
  [
    { prompt: picture(11), seed: -3, frames: 5 },
    { prompt: picture(37), seed: 7, frames: 1 },
  ],
];
const batch = games.length;
const steps = 6;
const sampling = { temperature: 0.9, confidenceThreshold: 0.05 };
const tell = (row: number, t: number): boolean => row === 1 && t === 3;

const kinds = { int32: Int32Array, uint32: Uint32Array, float32: Float32Array, uint8: Uint8Array } as const;
type Values = Float32Array | Int32Array | Uint32Array | Uint8Array;
const part = <T extends Values>(values: T, row: number): T => {
  const size = values.length / batch;
  return values.subarray(row * size, (row + 1) * size) as T;
};

/** What someone does who has ONNX Runtime and the file: rows that begin anew get zeros and a prompt, the others go on. */
async function played({ model }: WorldFile, bytes: Uint8Array, actionOf: (row: number, t: number) => number) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const values = session.inputMetadata.flatMap((value) => (value.isTensor ? [value] : []));
  const feeds: Record<string, ort.Tensor> = {};
  const give = (name: string, type: string, data: TensorData, shape: readonly number[]): void => {
    feeds[name] = new ort.Tensor(type as 'float32', data as Float32Array, shape);
  };
  for (const { name, type, shape } of values) {
    const size = (shape as number[]).reduce((a, b) => a * b, 1);
    give(name, type, new kinds[type as 'float32'](size), shape as number[]);
  }
  const { width, height } = model.config;
  const game = games.map(() => 0);
  const index = games.map(() => 0);
  const begin = (row: number): void => {
    for (const [name, { data }] of Object.entries(feeds))
      if (name.startsWith('state/')) part(data as Values, row).fill(0);
    const frame = promptFrame(games[row]![game[row]!]!.prompt, width, height);
    part(feeds['state/frame']!.data as Float32Array, row).set(frame);
  };
  games.forEach((_, row) => begin(row));
  const seen: { rgb: number[]; codes: number[] }[][] = [];
  for (let t = 0; t < steps; t++) {
    const own = games.map((_, row) => games[row]![game[row]!]!);
    const given: Record<string, TensorData> = {
      ...model.frameInputs(
        index,
        games.map(() => noPreference(model.actions)),
        {
          seeds: own.map(({ seed }) => seed),
          temperature: own.map(() => sampling.temperature),
          confidenceThreshold: own.map(() => sampling.confidenceThreshold),
        },
      ),
      action: Int32Array.from(games, (_, row) => actionOf(row, t)),
      event: Int32Array.from(games, (_, row) => Number(tell(row, t))),
    };
    for (const { name, type, shape } of values)
      if (given[name]) give(name, type, given[name], shape as number[]);
    const results = await session.run(feeds);
    seen.push(
      games.map((_, row) => ({
        rgb: [...part(results['rgb']!.data as Uint8Array, row)],
        codes: results['codes'] ? [...part(results['codes'].data as Int32Array, row)] : [],
      })),
    );
    for (const name of Object.keys(feeds))
      if (name.startsWith('state/')) feeds[name] = results[name.replace('state/', 'next/')]!;
    games.forEach((own2, row) => {
      index[row]!++;
      if (index[row] === own2[game[row]!]!.frames && own2[game[row]! + 1]) {
        game[row]!++;
        index[row] = 0;
        begin(row);
      }
    });
  }
  await session.release();
  return seen;
}

test.each<[string, WorldFile]>([
  ['float', untrainedWorld()],
  ['patches with a map', untrainedPatches('map')],
  ['patches with a memory by pose', untrainedPatches('pose')],
  ['patches that can be told events', eventfulPatches()],
  ['a world without codes', nextFrameWorld()],
])('%s: each row of a batch is what a session sees alone, whenever it began', async (_, file) => {
  const { bytes, inputs, outputs, actions } = exportWorld(file, 'w', { batch });
  const { metadata, description } = readOnnx(bytes);
  expect(metadata.get('batch')).toBe(String(batch));
  expect(description).toContain('A run steps 3 worlds, each at a frame of its own.');
  expect(inputs.find(({ name }) => name === 'action')!.shape).toEqual([batch]);
  const { width, height } = file.model.config;
  expect(outputs.find(({ name }) => name === 'rgb')!.shape).toEqual([batch, height, width, 3]);
  const actionOf = (row: number, t: number): number => (row + 2 * t) % actions.length;
  const seen = await played(file, bytes, actionOf);
  const hasCodes = outputs.some(({ name }) => name === 'codes');
  const world = await World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
  for (const [row, own] of games.entries()) {
    let t = 0;
    for (const { prompt, seed, frames } of own) {
      const session = await world.start({ prompt, seed, ...sampling, end: 'continue' });
      for (let frame = 0; frame < frames; frame++, t++) {
        const action = actions[actionOf(row, t)]!;
        const event = file.model.events?.[0];
        if (event && tell(row, t)) session.tell(event);
        const code = /^code (\d+)$/.exec(action)?.[1];
        const alone = await session.step(code === undefined ? action : Number(code), { codes: hasCodes });
        const { rgb, codes } = seen[t]![row]!;
        if (hasCodes) expect(codes).toEqual([...alone.codes!]);
        // More rows may be added up in another order.
        const expected = [...alone.rgba].filter((__, i) => i % 4 !== 3);
        expect(Math.max(...rgb.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThanOrEqual(1);
      }
      await session.close();
    }
    expect(t).toBe(steps);
  }
  await world.close();
  expect(new Set(seen.flat().map(({ rgb }) => String(rgb))).size).toBeGreaterThan(steps * batch - 2);
});

test('a batch of one is the file without a batch', () => {
  const file = untrainedPatches();
  expect(exportWorld(file, 'w', { batch: 1 }).bytes).toEqual(exportWorld(file, 'w').bytes);
});

test('batches that cannot be are refused', () => {
  const long = untrainedWorld({ dynamics: { memory: 4, lookback: { frames: 3, recent: 1, window: 6 } } });
  expect(() => exportWorld(long, 'w', { batch: 2 })).toThrow(SnowglobeError);
  expect(() => exportWorld(long, 'w', { batch: 2 })).toThrow(/^w: worlds of this kind, with a long memory, /);
  for (const bad of [0, 1.5, 1025, '64'])
    expect(() => exportWorld(untrainedWorld(), 'w', { batch: bad as number })).toThrow(
      /^export: batch .* is not an integer of 1 to 1024; choose one\.$/,
    );
});
