import { dequantizeMatrix } from '@snowglobe/kernels/internal';
import { SnowglobeError } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import type { FileTensor, WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { quantizeWorldFile, readQuantizedMatrices, withoutWords } from '@snowglobe/model/internal';
import { expect, test } from 'vitest';
import { openBestDevice } from '../devices/node/index.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { lowerToOnnx } from '../onnx/lower.js';
import { createReferenceExecutor } from '../reference/reference.js';
import type { ChooseFormat } from '../testing/rounded_world.js';
import { perChannel, roundMatrix, roundedWorld } from '../testing/rounded_world.js';
import { saturatingMatmuls } from '../testing/saturation.js';
import { untrainedPatches, wordyPatches } from '../testing/untrained_patches.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import { checkWeights } from './engine.js';
import { worldWeights } from './weights.js';
import { World } from './world.js';

const schemes: [string, ChooseFormat][] = [
  ['w8a16', (depth) => ({ bits: 8, group: perChannel(depth), zeroPoints: false })],
  [
    'w8a8',
    (depth, isFilter) => ({
      ...{ bits: 8, group: perChannel(depth), zeroPoints: false },
      ...(!isFilter && { activationBits: 8 }),
    }),
  ],
  ['w4a16-g16', () => ({ bits: 4, group: 16, zeroPoints: true })],
];

/** A file's bytes and back: what is played is what was stored. */
const stored = (world: WorldFile): WorldFile => decodeWorld(encodeWorld(world), 'w.safetensors');

/** The same weights as floats. */
function dequantized(world: WorldFile, float: WorldFile): WorldFile {
  const tensors = new Map<string, FileTensor>(float.tensors);
  for (const [name, matrix] of readQuantizedMatrices(world, 'w')) {
    const { shape } = float.tensors.get(name)!;
    tensors.set(name, { dtype: 'F32', shape, data: dequantizeMatrix(matrix) });
  }
  return { ...float, tensors };
}

const prompt = {
  width: 32,
  height: 32,
  data: new Uint8ClampedArray(32 * 32 * 4).map((_, i) => (i * 37) % 256),
};

async function codesOf(world: World): Promise<number[][]> {
  const session = await world.start({ prompt, temperature: 0 });
  const codes: number[][] = [];
  for (const action of ['right', 'up', 'left']) {
    codes.push([...(await session.step(action, { codes: true })).codes!]);
  }
  await world.close();
  return codes;
}

test.each(schemes)(
  'a %s world samples the same codes on every executor, and as its weights dequantized',
  async (_, choose) => {
    const float = untrainedWorld();
    const world = stored(roundedWorld(float, choose));
    // Closing a world closes its device.
    const { opened: device } = await openBestDevice();
    const reference = await codesOf(
      await World.create(world, 'w', () => Promise.resolve(createReferenceExecutor())),
    );
    const onnx = await World.create(world, 'w', () =>
      Promise.resolve(createNodeOnnxExecutor({ threads: 1 })),
    );
    expect(await codesOf(onnx)).toEqual(reference);
    if (device) {
      const gpu = await World.create(world, 'w', () => Promise.resolve(createWebgpuExecutor(device)));
      expect(await codesOf(gpu)).toEqual(reference);
    }
    if (choose(16, false)!.activationBits) return;
    const same = dequantized(world, float);
    expect(
      await codesOf(await World.create(same, 'w', () => Promise.resolve(createReferenceExecutor()))),
    ).toEqual(reference);
  },
  // A software adapter compiles a world's shaders for half a minute, and longer beside other work.
  240_000,
);

test.each(schemes)('no matmul of a %s world saturates on a processor without VNNI', (_, choose) => {
  const world = stored(roundedWorld(untrainedWorld(), choose));
  const { variables } = worldWeights(world, 'w');
  const frozen = new Map([...variables].map(([name, { data }]) => [name, data]));
  for (const isPortable of [false, true]) {
    const { model } = lowerToOnnx(checkWeights(world, 'w'), frozen, { isPortable });
    const opTypes = new Set(model.nodes.map(({ opType }) => opType));
    expect(opTypes.has('MatMulIntegerToFloat')).toBe(choose(16, false)!.activationBits === 8);
    expect(saturatingMatmuls(model)).toEqual([]);
  }
});

test('a table in few bits is read as the rows that it stands for, and its world plays', async () => {
  const float = untrainedPatches();
  const name = 'dynamics/hint/embedding';
  const { shape, data } = float.tensors.get(name)!;
  const [rows, width] = shape as [number, number];
  const asColumns = Float32Array.from(data as Float32Array, (_, at) =>
    Number(data[(at % rows) * width + Math.floor(at / rows)]),
  );
  const matrix = roundMatrix(asColumns, [width, rows], { bits: 8, group: 16, zeroPoints: false });
  const about = { scheme: 'table' };
  const tables = new Set([name]);
  const world = stored(quantizeWorldFile(float, new Map([[name, matrix]]), about, { tables }));
  expect(world.tensors.has(name)).toBe(false);
  const { formats, variables } = worldWeights(world, 'w');
  expect(formats.size).toBe(0);
  const found = variables.get(name)!;
  expect(found).toMatchObject({ shape, dtype: 'f32' });
  const weights = dequantizeMatrix(matrix);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) expect(found.data[row * width + i]).toBe(weights[i * rows + row]);
  }
  const opened = await World.create(world, 'w', () => Promise.resolve(createReferenceExecutor()));
  const session = await opened.start({ prompt, temperature: 0 });
  await session.step(world.metadata.actionNames[1]!);
  await opened.close();
});

test('a world without its words plays the same, and a silent one has none to leave out', async () => {
  const world = wordyPatches();
  const silent = stored(withoutWords(world, 'w'));
  expect(silent.model.firstFrames).toBeUndefined();
  expect([...silent.tensors.keys()].sort()).toEqual([...untrainedPatches().tensors.keys()].sort());
  const step = async (file: WorldFile): Promise<number[]> => {
    const opened = await World.create(file, 'w', () => Promise.resolve(createReferenceExecutor()));
    const session = await opened.start({ prompt, temperature: 0 });
    const { codes } = await session.step(file.metadata.actionNames[2]!, { codes: true });
    await opened.close();
    return [...codes!];
  };
  expect(await step(silent)).toEqual(await step(world));
  expect(() => withoutWords(silent, 'w')).toThrow('w: knows no words, so there is nothing to leave out');
});

test('nothing is dequantized ahead: weights are held packed, and no float copy of one stands in the ONNX model', async () => {
  const float = untrainedWorld();
  const world = stored(roundedWorld(float, () => ({ bits: 4, group: 16, zeroPoints: false })));
  const bytes = async (file: WorldFile): Promise<number> => {
    const opened = await World.create(file, 'w', () => Promise.resolve(createReferenceExecutor()));
    await opened.close();
    return opened.stats.weightBytes;
  };
  expect(await bytes(world)).toBeLessThan(0.4 * (await bytes(float)));

  const graph = checkWeights(world, 'w');
  const { variables } = worldWeights(world, 'w');
  const frozen = new Map([...variables].map(([name, { data }]) => [name, data]));
  const { initializers } = lowerToOnnx(graph, frozen).model;
  const sizes = new Set([...readQuantizedMatrices(world, 'w').values()].map(({ shape: [k, n] }) => k * n));
  const large = initializers.filter(({ type, bytes: held }) => type === 'f32' && held.length > 4 * 256);
  expect(large.filter(({ bytes: held }) => sizes.has(held.length / 4))).toEqual([]);
});

test('a weight in few bits that is missing or of another size is named', () => {
  const format: WeightFormat = { bits: 8, group: 16, zeroPoints: false };
  const world = roundedWorld(untrainedWorld(), (depth) => (depth >= 8 ? format : undefined));
  const name = 'dynamics/codes/out/weight';
  const without = (part: string): WorldFile => ({
    ...world,
    tensors: new Map([...world.tensors].filter(([each]) => each !== name + part)),
  });
  expect(() => checkWeights(without('_packed'), 'w')).toThrow(SnowglobeError);
  expect(() => checkWeights(without('_packed'), 'w')).toThrow(
    /^w: needs 'dynamics\/codes\/out\/weight_packed' as I32/,
  );
  expect(() => checkWeights(without('_scale'), 'w')).toThrow(/weight_scale' as floats .* has nothing/);
  expect(() => checkWeights(without('_shape'), 'w')).toThrow(/weight_shape' as I64 \(2\) of 8 and 8/);
  const twice = { ...world, tensors: new Map([...world.tensors, ...untrainedWorld().tensors]) };
  expect(() => checkWeights(twice, 'w')).toThrow(/in few bits and as floats/);
});
