import type { TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { OnnxEmitter } from '@snowglobe/kernels';
import { dequantizeMatrix, encodeOnnx } from '@snowglobe/kernels/internal';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld, noPreference } from '@snowglobe/model';
import { readQuantizedMatrices } from '@snowglobe/model/internal';
import ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { readWorldFile } from '../node/world_files.js';
import { perChannel, roundedWorld } from '../testing/rounded_world.js';
import { eventfulPatches, untrainedPatches } from '../testing/untrained_patches.js';
import { untrainedConfig, untrainedWorld } from '../testing/untrained_world.js';
import { checkWeights } from '../world/engine.js';
import { findWorld } from '../world/node/open_world.js';
import { promptFrame } from '../world/prompt.js';
import { bytesOf } from '../world/weights.js';
import { World } from '../world/world.js';
import { exportWorld } from './export_world.js';
import { onnxOperators } from './testing/onnx_operators.js';
import { readOnnx } from './testing/read_onnx.js';

const float = untrainedWorld();
const eight = roundedWorld(float, (depth) => ({ bits: 8, group: perChannel(depth), zeroPoints: false }));
const four = roundedWorld(float, () => ({ bits: 4, group: 16, zeroPoints: true }));
const lookback = untrainedWorld({
  dynamics: { memory: 4, lookback: { frames: 3, recent: 1, window: 6 } },
});

const worlds: [string, WorldFile][] = [
  ['float', float],
  ['w8a16', eight],
  [
    'w8a8',
    roundedWorld(float, (depth, isFilter) => ({
      ...{ bits: 8, group: perChannel(depth), zeroPoints: false },
      ...(!isFilter && { activationBits: 8 }),
    })),
  ],
  ['w4a16', four],
  ['w8a16 with a KV cache of bytes', withBytesCache(eight)],
  ['long memory', lookback],
  [
    'what was drawn is kept',
    untrainedWorld({
      replenishment: { window: 1, tolerance: 1, contrast: 2, margin: 0, settling: 2, recollection: 1 },
    }),
  ],
  ['patches with a map', untrainedPatches('map')],
  ['patches with a memory by pose', untrainedPatches('pose')],
  ['patches that can be told events', eventfulPatches()],
];

function withBytesCache(world: typeof float): typeof float {
  const { metadata } = world;
  const quantization = { ...metadata.quantization!, kvCache: { bits: 8 as const } };
  return { ...world, metadata: { ...metadata, quantization } };
}

const stored = (world: typeof float): typeof float => decodeWorld(encodeWorld(world), 'w.safetensors');

const prompt = {
  width: 32,
  height: 32,
  data: new Uint8ClampedArray(32 * 32 * 4).map((_, i) => (i * 37) % 256),
};
const keyScript = ['right', 'up', 'left', 'code 5', 'stay', 'none'];
const tiledScript = [1, 2, 3, 4, 5, 1, 1, 0].map((action) => `action ${action}`);
const sampling = { seed: 7, temperature: 1, confidenceThreshold: 0.1 };
/** What is told, by frame, of worlds that know events. */
const told: readonly (string | undefined)[] = [
  ...[undefined, undefined, 'the day breaks', undefined, 'night falls'],
];

/** What someone does who has ONNX Runtime and the file, and nothing else of ours but the random numbers. */
async function played(
  bytes: Uint8Array,
  { model }: WorldFile,
  script: readonly string[],
): Promise<number[][]> {
  const { metadata } = readOnnx(bytes);
  const actions = JSON.parse(metadata.get('actions')!) as string[];
  const events = JSON.parse(metadata.get('events') ?? '[]') as string[];
  expect(events).toEqual(model.events ?? []);
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds: Record<string, ort.Tensor> = {};
  for (const value of session.inputMetadata) {
    if (!value.isTensor || !value.name.startsWith('state/')) continue;
    const shape = value.shape as number[];
    const size = shape.reduce((a, b) => a * b, 1);
    const kinds = { int32: Int32Array, uint32: Uint32Array, float32: Float32Array } as const;
    feeds[value.name] = new ort.Tensor(
      value.type as 'float32',
      new kinds[value.type as 'float32'](size),
      shape,
    );
  }
  const { width, height } = model.config;
  feeds['state/frame'] = new ort.Tensor(promptFrame(prompt, width, height), [1, height, width, 3]);
  const frames: number[][] = [];
  for (const [t, name] of script.entries()) {
    const options = { ...sampling, seeds: [sampling.seed] };
    const given: Record<string, TensorData> = {
      ...model.frameInputs(t, [noPreference(model.actions)], options),
      action: Int32Array.of(actions.indexOf(name)),
      event: Int32Array.of(1 + events.indexOf(told[t] ?? '')),
    };
    for (const value of session.inputMetadata) {
      const data = given[value.name];
      if (data && value.isTensor)
        feeds[value.name] = new ort.Tensor(
          value.type as 'float32',
          data as Float32Array,
          value.shape as number[],
        );
    }
    const results = await session.run(feeds);
    frames.push([...(results['rgb']!.data as Uint8Array)]);
    for (const state of Object.keys(feeds).filter((each) => each.startsWith('state/')))
      feeds[state] = results[state.replace('state/', 'next/')]!;
  }
  expect(Number(feeds['state/index']!.data[0])).toBe(script.length);
  await session.release();
  return frames;
}

test.each(worlds)('%s: ONNX Runtime alone samples the frames that a session samples', async (_, world) => {
  const file = stored(world);
  const { bytes } = exportWorld(file, 'w');
  const script = file.metadata.actionNames?.includes('action 1') ? tiledScript : keyScript;
  const opened = await World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
  const play = await opened.start({ prompt, ...sampling });
  const expected: number[][] = [];
  for (const [t, action] of script.entries()) {
    if (file.model.events && told[t] !== undefined) play.tell(told[t]);
    const { rgba } = await play.step(action === 'code 5' ? 5 : action);
    expected.push([...rgba].filter((__, i) => i % 4 !== 3));
  }
  await opened.close();
  expect(new Set(expected.map(String)).size).toBe(script.length);
  expect(await played(bytes, file, script)).toEqual(expected);
});

const power = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);

/** Names of matrices in few bits whose weights also stand in the file as floats, in whatever order. */
function floatCopies(bytes: Uint8Array, world: typeof float): string[] {
  const floats = readOnnx(bytes).initializers.filter(({ type }) => type === 1);
  const matrices = [...readQuantizedMatrices(world, 'w')];
  expect(matrices.length).toBeGreaterThan(20);
  return matrices
    .filter(([, matrix]) => {
      const weights = dequantizeMatrix(matrix);
      const alike = floats.filter(({ data }) => data.length === 4 * weights.length);
      return alike.some(({ data }) => {
        const values = new Float32Array(data.slice().buffer);
        return Math.abs(power(values) / power(weights) - 1) < 1e-4;
      });
    })
    .map(([name]) => name);
}

test('the file holds no float copy of weights in few bits', () => {
  for (const world of [eight, four]) {
    const { bytes } = exportWorld(world, 'w');
    expect(floatCopies(bytes, world)).toEqual([]);
    expect(readOnnx(bytes).nodes.map(({ opType }) => opType)).toContain('MatMulNBits');
    // The float world has them all.
    const tensors = new Map(float.tensors);
    for (const [name, matrix] of readQuantizedMatrices(world, 'w')) {
      tensors.set(name, { dtype: 'F32', shape: tensors.get(name)!.shape, data: dequantizeMatrix(matrix) });
    }
    expect(floatCopies(exportWorld({ ...float, tensors }, 'w').bytes, world).length).toBeGreaterThan(20);
  }
});

test('the shipped world in few bits is hardly larger than its weights', async () => {
  const file = await readWorldFile(await findWorld('coinrun-int4'));
  const { bytes } = exportWorld(file, 'coinrun-int4');
  const weights = [...checkWeights(file, 'w').variables].reduce(
    (sum, [name, spec]) => sum + (name.startsWith('play/') ? 0 : bytesOf(spec)),
    0,
  );
  expect(bytes.length).toBeGreaterThan(weights);
  expect(bytes.length).toBeLessThan(1.3 * weights);
  expect(floatCopies(bytes, file)).toEqual([]);
});

test.each(worlds)(
  '%s: each operator stands in the domain that has it, and the file says who made it',
  (_, world) => {
    const { bytes } = exportWorld(stored(world), 'w', { producerVersion: '1.2.3' });
    const { nodes, metadata, producerVersion } = readOnnx(bytes);
    expect(producerVersion).toBe('1.2.3');
    expect(JSON.parse(metadata.get('leastOnnxRuntime')!)).toBe('1.18');
    const named = (domain: string) => [
      ...new Set(nodes.filter((node) => node.domain === domain).map(({ opType }) => opType)),
    ];
    expect(named('').filter((opType) => !onnxOperators.has(opType))).toEqual([]);
    const own = ['FusedMatMul', 'MatMulBnb4', 'MatMulIntegerToFloat', 'MatMulNBits', 'RotaryEmbedding'];
    expect(named('com.microsoft').filter((opType) => !own.includes(opType))).toEqual([]);
    expect(nodes.filter(({ domain }) => domain !== '' && domain !== 'com.microsoft')).toEqual([]);
  },
);

test('the file says what its inputs and outputs are', () => {
  const { bytes, inputs, outputs, actions } = exportWorld(float, 'w');
  const { description, metadata, values } = readOnnx(bytes);
  const parsed = (field: string): unknown => JSON.parse(metadata.get(field)!);
  expect(description).toContain('state/frame with the prompt');
  expect(parsed('format')).toBe('snowglobe-frame');
  expect(parsed('config')).toEqual(untrainedConfig);
  expect(parsed('inputs')).toEqual(inputs);
  expect(parsed('outputs')).toEqual(outputs);
  expect(parsed('actions')).toEqual(actions);
  expect(actions).toEqual([
    ...['left', 'none', 'right', 'up', 'jump', 'stay', 'wait'],
    ...Array.from({ length: 8 }, (_, code) => `code ${code}`),
  ]);
  expect(inputs.map(({ name, type, shape }) => `${name} ${type} ${formatShape(shape)}`)).toEqual([
    'action int32 (1)',
    'temperature float32 (1)',
    'certainty float32 (1)',
    'motionUniforms float32 (1, 2)',
    'codeUniforms float32 (2, 8)',
    'rankNoise float32 (2, 8)',
    'state/index int32 (1)',
    'state/frame float32 (1, 32, 32, 3)',
    'state/motionState float32 (1, 12)',
    'state/lastMotion float32 (1, 25)',
    'state/layer0/keys float32 (4, 32)',
    'state/layer0/values float32 (4, 32)',
  ]);
  const states = inputs.filter(({ name }) => name.startsWith('state/'));
  expect(outputs.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'rgb uint8',
    'codes int32',
    'chosenAction float32',
    'chosenMotion float32',
    ...states.map(({ name, type }) => `${name.replace('state', 'next')} ${type}`),
  ]);
  for (const { name, description: meaning } of [...inputs, ...outputs]) {
    expect(meaning.length, name).toBeGreaterThan(5);
    expect(values.get(name)).toBe(meaning);
  }
});

test.each([float, lookback])('the file counts time as a session does', async ({ model: of }) => {
  const emitter = new OnnxEmitter();
  const named = Object.entries(of.exported.countedInputs(emitter, 'index')).filter(
    ([name]) => name !== 'position',
  );
  const { nodes, initializers } = emitter;
  const index = { name: 'index', type: 'i32', shape: [1] } as const;
  const outputs = named.map(([, name]) => ({ name, type: 'i32', shape: [1] }) as const);
  const model = encodeOnnx({ name: 'moment', nodes, initializers, inputs: [index], outputs });
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  for (const frame of [...Array.from({ length: 12 }, (_, i) => i), 255, 256, 257, 100_000]) {
    const results = await session.run({ index: new ort.Tensor('int32', [frame], [1]) });
    const sampling = { seeds: [1], temperature: 0, confidenceThreshold: 0 };
    const { turn, slot } = of.frameInputs(frame, [noPreference(of.actions)], sampling);
    const found = Object.fromEntries(named.map(([name, value]) => [name, results[value]!.data[0]]));
    expect(found).toEqual({ turn: turn![0], slot: slot![0] });
  }
  await session.release();
});

test('a world without a weight is refused', () => {
  const tensors = new Map([...float.tensors].slice(1));
  expect(() => exportWorld({ ...float, tensors }, 'w')).toThrow(SnowglobeError);
  expect(() => exportWorld({ ...float, tensors }, 'w')).toThrow(
    /^w: its config needs '.*' as .* and the file has nothing/,
  );
});
