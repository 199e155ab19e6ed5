import { dequantizeMatrix } from '@snowglobe/kernels/internal';
import type { Course } from '@snowglobe/eval';
import { sizeOf } from '@snowglobe/graph';
import type { FileTensor, WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { readQuantizedMatrices } from '@snowglobe/model/internal';
import { createNodeOnnxExecutor, createReferenceExecutor, openWeights, World } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { openRecordings } from '@snowglobe/train';
import { writeVideo } from '@snowglobe/train/internal';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playTrajectories } from '../trajectories/trajectories.js';
import { recordingsOf } from '../measure/recordings.js';
import { inputsFor, windowsOf } from '../trajectories/windows.js';
import { windowsAtOnce } from '../world/batch.js';
import { checkBytes } from '../plan/least_bytes.js';
import type { Plan } from '../world/plan.js';
import { encodePlan, parsePlan, withKvCache } from '../world/plan.js';
import { plansToCompare } from '../report/comparison.js';
import { normals } from '../testing/random.js';
import type { QuantizedWorld, SchemeFigures } from './figures.js';
import { QuantizationStudy } from './study.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
const size = untrainedConfig.width * untrainedConfig.height * 3;
const prompts = [1, 2, 3].map((seed) => Float32Array.from(normals(size, seed), (x) => Math.tanh(x)));
const open = (file = untrainedWorld({ whole: true }), more = {}) =>
  QuantizationStudy.open(file, {
    executor,
    prompts,
    seed: 3,
    runs: 16,
    steps: 4,
    calibrationSteps: 4,
    ...more,
  });

function withWeights(
  name: string,
  change: (weights: Float32Array) => Float32Array,
  world = untrainedWorld({ whole: true }),
): WorldFile {
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

describe('a study', () => {
  let study: QuantizationStudy;
  beforeAll(async () => {
    study = await open();
    await study.calibrate();
  });

  it('writes worlds whose weights are those that were measured, bit by bit, and that can be played', async () => {
    const plan = small(study.uniform('w4a16-g32-asym', 'gptq'));
    const { file, bytes } = await study.quantize(plan, { seed: 3 });
    const encoded = encodeWorld(file);
    expect(encoded).toHaveLength(bytes);
    const again = decodeWorld(encoded, 'again');
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
    const session = await world.start({ prompt: { width, height, data: new Uint8Array(size).fill(99) } });
    expect((await session.step(1)).rgba).toHaveLength(width * height * 4);
    await world.close();
  });

  it('finds eight bits closer to the float world than four, in every figure that counts', async () => {
    const [eight, four] = await Promise.all(
      ['w8a16', 'w4a16-g128'].map(async (scheme) =>
        study.measure(await study.quantize(study.uniform(scheme, 'rtn'))),
      ),
    );
    expect(eight!.bits).toBeGreaterThan(8);
    expect(four!.bits).toBeLessThan(5);
    expect(eight!.bytes).toBeGreaterThan(four!.bytes);
    for (const part of ['motion', 'tokenizer'] as const) {
      expect(eight!.parts[part]!.klMean).toBeLessThan(four!.parts[part]!.klMean);
    }
    const drop = ({ reconstruction }: SchemeFigures): number => Math.abs(reconstruction!.drop);
    expect(drop(eight!)).toBeLessThanOrEqual(drop(four!) + 0.01);
    expect(eight!.layers.every(({ sqnr }) => sqnr > 30)).toBe(true);
    expect(four!.layers.every(({ sqnr }) => sqnr > 8 && sqnr < 30)).toBe(true);
  });

  it('chooses a plan that fits its budget, and says how small it could be', async () => {
    const ways = ['w4a16-g128', 'w8a16'].map((scheme) => ({ scheme, algorithm: 'mse' }));
    const [small, large] = await Promise.all(
      ways.map(async ({ scheme }) => (await study.quantize(study.uniform(scheme, 'mse'))).bytes),
    );
    const maxBytes = Math.round((small! + large!) / 2);
    const { plan, expected } = await study.choose(ways, { maxBytes });
    const { bytes } = await study.quantize(plan);
    expect(bytes).toBeLessThanOrEqual(maxBytes + 2000);
    expect(Math.abs(bytes - expected.bytes)).toBeLessThan(2000);
    expect(plan.name).toBe('mixed w4a16-g128 + w8a16');
    expect(new Set(Object.values(plan.layers).map(({ scheme }) => scheme)).size).toBe(2);
    expect(parsePlan(encodePlan(plan), study.layers, 'plan.json')).toEqual(plan);
  });

  it('knows how small it could be before anything is calibrated', async () => {
    const world = untrainedWorld({ whole: true });
    for (const algorithm of ['rtn', 'rotate+mse']) {
      const ways = ['w8a16', 'w4a16-g32-asym'].map((scheme) => ({ scheme, algorithm }));
      const { bytes } = await study.quantize(study.uniform('w4a16-g32-asym', algorithm));
      await checkBytes(world, ways, bytes);
      const sentence = `budget: ${bytes - 1} bytes are too few, the smallest file with these schemes has ${bytes}; allow as many`;
      await expect(checkBytes(world, ways, bytes - 1)).rejects.toThrow(sentence);
      await expect((await open()).choose(ways, { maxBytes: bytes - 1 })).rejects.toThrow(sentence);
    }
  });

  it('gives the same bytes for the same seed', async () => {
    const other = await open();
    await other.calibrate();
    const plan = small(study.uniform('w4a16-g32', 'awq+gptq'));
    const [one, two] = await Promise.all([other, study].map((each) => each.quantize(plan)));
    expect(encodeWorld(one!.file)).toEqual(encodeWorld(two!.file));
  });
});

describe('keys and values in eight bits', () => {
  // Sure codes that go by the past: what was rounded there is seen in them.
  const larger = (name: string, factor: number, of?: WorldFile) =>
    withWeights(name, (weights) => weights.map((x) => factor * x), of);
  const whole = larger('dynamics/logits/weight', 100, larger('dynamics/layer0/time/out/weight', 30));
  const recordings: Course[] = prompts.map((first, i) => {
    const frames = new Float32Array(11 * size);
    for (let t = 0; t <= 10; t++) frames.set(t === 0 ? first : prompts[(i + t) % 3]!, t * size);
    return { frames, actions: Array.from({ length: 10 }, (_, t) => (3 * t + i) % 8) };
  });
  let figures: SchemeFigures;
  let quantized: QuantizedWorld;
  let study: QuantizationStudy;
  beforeAll(async () => {
    study = await open(whole, { recordings });
    const plan = withKvCache(study.uniform('w4a16-g32', 'rtn'), 8);
    quantized = await study.quantize(plan);
    figures = await study.measure(quantized);
  });

  it('are measured as graphs of both worlds say that are run and compared here', async () => {
    const { quantization } = await quantized.file.model.training();
    const reference = createReferenceExecutor();
    const { store } = openWeights(executor, whole, 'float');
    const trajectories = await playTrajectories(quantized.file.model, {
      ...{ executor, store, prompts, worlds: 16, steps: 4, temperature: 1, seed: 4 },
      prompts: recordings.map(({ frames }) => frames.subarray(0, size)),
    });
    const windows = windowsOf(trajectories, quantization, 3);
    const run = async (kvCache: 8 | undefined, file: WorldFile) => {
      const opened = openWeights(reference, file, 'w');
      const parts = quantization.parts(windowsAtOnce, { kvCache });
      const { graph } = parts.find(({ name }) => name === 'codes')!;
      const program = await opened.executor.compile(graph, { store: opened.store });
      const logits: Float64Array[] = [];
      for (let first = 0; first < windows.length; first += windowsAtOnce) {
        const here = windows.slice(first, first + windowsAtOnce);
        const all = (await program.run(inputsFor(graph, here)))['logits']!;
        const one = all.length / windowsAtOnce;
        here.forEach((_, b) => logits.push(Float64Array.from(all.subarray(b * one, (b + 1) * one))));
      }
      return logits;
    };
    const [float, bytes] = [await run(undefined, whole), await run(8, quantized.file)];
    const means = windows.map((window, w) => {
      const known = window.get('known')!;
      const values = float[w]!.length / known.length;
      const softmax = (logits: Float64Array): number[] => {
        const exponents = Array.from(logits, (logit) => Math.exp(logit - Math.max(...logits)));
        const sum = exponents.reduce((a, b) => a + b);
        return exponents.map((each) => each / sum);
      };
      const divergences = [...known.keys()]
        .filter((code) => known[code] === 0)
        .map((code) => {
          const [p, q] = [float, bytes].map((of) =>
            softmax(of[w]!.subarray(code * values, (code + 1) * values)),
          ) as [number[], number[]];
          return p.reduce((sum, share, i) => sum + share * Math.log(share / q[i]!), 0);
        });
      return divergences.reduce((a, b) => a + b, 0) / divergences.length;
    });
    const mean = means.reduce((a, b) => a + b) / means.length;
    expect(mean).toBeGreaterThan(1e-6);
    expect(figures.klMean / mean).toBeCloseTo(1, 3);
    expect(figures).toMatchObject({ scheme: 'w4a16-g32 rtn kv8', kvCache: 8 });
  });

  it('roll out as the written world plays', async () => {
    const again = decodeWorld(encodeWorld(quantized.file), 'again');
    expect(again.metadata.quantization!.kvCache).toEqual({ bits: 8 });
    const world = await World.create(again, 'again', () =>
      Promise.resolve(createNodeOnnxExecutor({ threads: 1 })),
    );
    const { width, height } = untrainedConfig;
    const scores: number[] = [];
    for (const { frames, actions } of recordings) {
      const data = Uint8ClampedArray.from(frames.subarray(0, size), (x) => (x + 1) * 127.5);
      const session = await world.start({
        prompt: { width, height, data },
        temperature: 0,
        confidenceThreshold: 0,
      });
      // The prompt is given in bytes: the state begins with the very floats that were measured.
      const { state, ...rest } = await session.snapshot();
      await session.restore({ ...rest, state: { ...state, 'play/frame': frames.slice(0, size) } });
      for (let t = 0; t < 10; t++) {
        const { rgba } = await session.step(actions[t]!);
        let squares = 0;
        for (let i = 0; i < size; i++) {
          const value = rgba[4 * Math.floor(i / 3) + (i % 3)]!;
          squares += (value - (frames[(t + 1) * size + i]! + 1) * 127.5) ** 2;
        }
        scores.push(10 * Math.log10(255 ** 2 / (squares / size)));
      }
    }
    await world.close();
    // Frames of play are bytes.
    expect(scores.reduce((a, b) => a + b) / scores.length).toBeCloseTo(figures.rolloutPsnr, 2);
  });

  it('take less room, and change the codes alone', async () => {
    const floats = await study.quantize(study.uniform('w4a16-g32', 'rtn'));
    const [before, after] = [
      await study.speed(['onnx'], floats.file),
      await study.speed(['onnx'], quantized.file),
    ];
    const rings = [...untrainedWorld().model.frameGraph().variables].filter(([name]) =>
      name.startsWith('play/layer'),
    );
    const bytes = rings.reduce((sum, [, { shape }]) => sum + 4 * sizeOf(shape), 0);
    // Heads of four numbers: a word and a scale each.
    expect(before.stateBytes - after.stateBytes).toBe(bytes / 2);
    expect(after.framesPerSecond.onnx).toBeGreaterThan(0);
    // Weights that lie alike are timed once, whatever they were rounded to.
    const other = await study.quantize(study.uniform('w4a16-g32', 'mse'));
    expect(await study.speed(['onnx'], other.file)).toEqual(before);
    const { klMean, parts } = await study.measure(floats);
    expect(figures.klMean).toBeGreaterThan(2 * klMean);
    expect(figures.parts.motion).toEqual(parts.motion);
    await study.close();
    await study.close();
    await expect(study.speed(['onnx'])).rejects.toThrow(/its study is closed/);
    await expect(study.measureLayers([{ scheme: 'w4a16-g32', algorithm: 'rtn' }])).rejects.toThrow(
      /variables: their store is closed/,
    );
  });

  it('go into a plan’s file and out of it, alone too', async () => {
    const { plan } = quantized;
    expect(parsePlan(encodePlan(plan), study.layers, 'plan.json')).toEqual(plan);
    const alone = parsePlan(encodePlan({ ...plan, layers: {} }), study.layers, 'plan.json');
    expect(alone).toEqual({ name: 'float kv8', layers: {}, kvCache: 8 });
    const measured = await study.measure(await study.quantize(alone));
    expect(measured).toMatchObject({ scheme: 'float kv8', kvCache: 8, bits: 16 });
    // None of the dynamics' matrices is large enough to be rounded, all of what sees the motion are.
    expect(measured.parts.codes).toEqual(figures.parts.codes);
    expect(measured.parts.motion!.klMean).toBeLessThan(0.1 * figures.parts.motion!.klMean);
  });

  it('are not rounded twice', async () => {
    const { file } = quantized;
    await expect(open(file)).rejects.toThrow(/quantize: is quantized already \(w4a16-g32 rtn kv8\)/);
  });

  it('are compared with and without, and once with all schemes', () => {
    const names = (more: object): string[] =>
      plansToCompare(study, { algorithm: 'rtn', ...more }).map(({ name }) => name);
    expect(names({ schemes: ['w8a16', 'nf4-g64'], kvCache: 8 })).toEqual([
      ...['w8a16 rtn', 'w8a16 rtn kv8', 'nf4-g64 rtn', 'nf4-g64 rtn kv8'],
    ]);
    const all = names({});
    expect(all.filter((name) => name.endsWith('kv8'))).toEqual(['w4a16-g32 rtn kv8']);
    expect(new Set(all).size).toBe(all.length);
    expect(names({ kvCache: 8 })).toHaveLength(2 * (all.length - 1));
  });
});

describe('what it refuses', () => {
  it('weights that are not finite, by the layer’s name', async () => {
    for (const wrong of [NaN, Infinity]) {
      const study = await open(withWeights(wide, (weights) => weights.fill(wrong, 7, 8)));
      await expect(study.quantize(study.uniform('w8a16', 'rtn'))).rejects.toThrow(
        `quantize: ${wide}: has the weight ${wrong} at input 0, output 7`,
      );
    }
  });

  it('a world that is quantized already', async () => {
    const study = await open();
    const { file } = await study.quantize(study.uniform('w8a16', 'rtn'));
    await expect(open(file)).rejects.toThrow(/quantize: is quantized already \(w8a16 rtn\)/);
  });

  it('calibration data that is none, or of another size', async () => {
    await expect((await open(undefined, { prompts: [] })).calibrate()).rejects.toThrow(
      'calibration: there is no frame to begin with',
    );
    const small = await open(undefined, { prompts: [new Float32Array(12)] });
    await expect(small.calibrate()).rejects.toThrow(
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
      await expect(recordingsOf(data, untrainedWorld().model, trained)).rejects.toThrow(message);
      data.close();
    }
  });

  it('plans that are none, or for another world', async () => {
    const { layers } = await open();
    const plan = (change: object): string =>
      JSON.stringify({ format: 'snowglobe-quantization-plan', version: 1, name: 'p', layers: {}, ...change });
    const refuse = (text: string, message: string): void =>
      expect(() => parsePlan(text, layers, 'plan.json')).toThrow(message);
    refuse('{', 'plan.json: it is no JSON');
    expect(parsePlan(`\ufeff${plan({})}`, layers, 'plan.json').layers).toEqual({});
    const utf16 = Buffer.from(plan({}), 'utf16le');
    expect(() => parsePlan(utf16, layers, 'plan.json')).toThrow('plan.json: it is text in UTF-16');
    refuse(plan({ version: 2 }), "plan.json: the field 'version' must be 1, not 2");
    refuse(plan({ more: 1 }), "plan.json: has the unknown field 'more'; use a plan");
    refuse(plan({ kvCache: { bits: 4 } }), "plan.json: the field 'kvCache.bits' must be 8, not 4");
    refuse(plan({ layers: { nowhere: { scheme: 'w8a16', algorithm: 'rtn' } } }), "it plans 'nowhere'");
    refuse(
      plan({ layers: { [wide]: { scheme: 'w9', algorithm: 'rtn' } } }),
      `${wide}: scheme: there is no 'w9'`,
    );
    refuse(plan({ layers: { [wide]: { scheme: 'w8a16', algorithm: 'x' } } }), `${wide}: algorithm: 'x' has`);
  });
});
