import { dequantizeMatrix } from '@snowglobe/kernels/internal';
import { SnowglobeError } from '@snowglobe/graph';
import type { QuantizedMatrix, WeightFormat } from '@snowglobe/kernels';
import { packMatrix } from '@snowglobe/kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WorldMetadata } from './metadata.js';
import { checkNotQuantized, quantizeWorldFile, readQuantizedMatrices } from './quantized.js';
import type { FileTensor } from './safetensors.js';
import { encodeSafetensors } from './safetensors.js';
import { pixelsOf } from '../pixels.js';
import { readSafetensorsHeader } from './header.js';
import { registerAnyFamily } from './testing/any_family.js';
import type { WorldContents } from './contents.js';
import { decodeWorld, encodeWorld, readWorldSummary } from './world_file.js';

registerAnyFamily('any', (config) => config);
const metadata: WorldMetadata = {
  family: 'any',
  config: {} as WorldMetadata['config'],
  actionNames: ['none'],
  provenance: { command: 'test', seeds: [], hours: 0, machine: '', data: '', licences: [] },
  evaluation: {},
};
const about = { scheme: 'test', provenance: { algorithm: 'rounding', samples: 12, damped: true } };
const there = (world: WorldContents): WorldContents => decodeWorld(encodeWorld(world), 'w.safetensors');

/** A world of one weight, which says nothing, and a bias. */
const worldOf = (shape: readonly number[]): WorldContents => ({
  metadata,
  tensors: new Map<string, FileTensor>([
    ['a/weight', { dtype: 'F32', shape, data: new Float32Array(shape.reduce((x, y) => x * y, 1)) }],
    ['a/bias', { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, 1 / 3) }],
  ]),
});

interface Parts {
  readonly k: number;
  readonly n: number;
  readonly bits: WeightFormat['bits'];
  readonly kind: 'middle' | 'zero points' | 'codebook';
  readonly smooth: boolean;
  readonly rotation: boolean;
  readonly halves: boolean;
  readonly numbers: readonly number[];
}

/** A matrix of any format, its numbers taken in turn from `numbers` (0 … 2^16 - 1). */
function matrixOf({ k, n, bits, kind, smooth, rotation, halves, numbers }: Parts): QuantizedMatrix {
  let next = 0;
  const take = (count: number): number[] =>
    Array.from({ length: count }, () => numbers[next++ % numbers.length]!);
  const groups = Math.ceil(k / 16);
  const whole = (count: number): number[] => take(count).map((x) => x % 2 ** bits);
  const isRotated = rotation && k % 4 === 0;
  return packMatrix({
    format: {
      bits,
      group: 16,
      zeroPoints: kind === 'zero points',
      ...(kind === 'codebook' && { codebook: take(2 ** bits).map((x) => x / 7) }),
      ...(isRotated && { rotation: 4 }),
      ...(smooth && { smooth: true }),
    },
    shape: [k, n],
    values: whole(n * k),
    scales: Float32Array.from(take(n * groups), (x) => (halves ? (x % 2048) / 64 : x / 3)),
    ...(kind === 'zero points' && { zeroPoints: whole(n * groups) }),
    ...(smooth && { smooth: Float32Array.from(take(k), (x) => (x + 1) / 9) }),
  });
}

const anyParts = fc.record<Parts>({
  k: fc.integer({ min: 1, max: 70 }),
  n: fc.integer({ min: 1, max: 20 }),
  bits: fc.constantFrom(2, 4, 8),
  kind: fc.constantFrom('middle', 'zero points', 'codebook'),
  smooth: fc.boolean(),
  rotation: fc.boolean(),
  halves: fc.boolean(),
  numbers: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 60 }),
});

describe('round trip', () => {
  test('any matrix comes back bit by bit, and the same world gives the same bytes', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const matrix = matrixOf(parts);
        const world = quantizeWorldFile(worldOf([parts.k, parts.n]), new Map([['a/weight', matrix]]), about);
        const read = there(world);
        expect(readQuantizedMatrices(read, 'w')).toEqual(new Map([['a/weight', matrix]]));
        expect(read.metadata).toEqual(world.metadata);
        expect(read.tensors.get('a/bias')).toEqual(world.tensors.get('a/bias'));
        expect(encodeWorld(read)).toEqual(encodeWorld(world));
      }),
      { numRuns: 200 },
    );
  });

  test('a world in full precision has no matrices, and can be told from a quantized one', () => {
    const world = worldOf([2, 3]);
    expect(readQuantizedMatrices(there(world), 'w').size).toBe(0);
    expect('quantization' in there(world).metadata).toBe(false);
    const parts: Parts = {
      ...{ k: 2, n: 3, bits: 4, kind: 'middle' },
      smooth: false,
      rotation: false,
      halves: true,
      numbers: [1],
    };
    const quantized = quantizeWorldFile(world, new Map([['a/weight', matrixOf(parts)]]), about);
    expect(() => checkNotQuantized(quantized.metadata, 'w')).toThrow(/^w: is quantized already \(test\)/);
    expect(() => quantizeWorldFile(quantized, new Map(), about)).toThrow(/is quantized already/);
  });

  test('floats that remain can be halves; parameters count weights in few bits as what they were', () => {
    const parts: Parts = {
      ...{ k: 5, n: 3, bits: 4, kind: 'middle' },
      smooth: true,
      rotation: false,
      halves: true,
      numbers: [1, 6],
    };
    const matrices = new Map([['a/weight', matrixOf(parts)]]);
    const world = quantizeWorldFile(worldOf([5, 3]), matrices, about, { floats: 'F16' });
    expect(world.tensors.get('a/bias')).toEqual({
      dtype: 'F16',
      shape: [2],
      data: Float32Array.of(1.5, 0.333251953125),
    });
    const bytes = encodeWorld(world);
    expect(readWorldSummary(bytes, bytes.length, 'w').parameters).toBe(5 * 3 + 2);
  });

  test.each([
    ['a value beyond 65504', [2, 2], [1, 1, 1, 7e4], 'F32'],
    ['an output of tiny weights', [2, 2], [1, 1e-8, 1, -1e-8], 'F32'],
    ['a vector of tiny numbers', [2], [1e-8, -1e-8], 'F32'],
    ['an output of zeros', [2, 2], [1, 0, 1, 0], 'F16'],
    ['a tiny weight beside others of its output', [2, 2], [1, 1, 1e-8, 1], 'F16'],
  ] as const)('floats become halves where those hold them: %s', (_, shape, values, dtype) => {
    const world = worldOf([5, 3]);
    const tensors = new Map([
      ...world.tensors,
      ['b', { dtype: 'F32', shape, data: Float32Array.from(values) }] as const,
    ]);
    const { tensors: written } = quantizeWorldFile({ ...world, tensors }, new Map(), about, {
      floats: 'F16',
    });
    expect(written.get('b')!.dtype).toBe(dtype);
  });
});

describe('tables', () => {
  const [rows, width] = [6, 40];
  const parts: Parts = {
    ...{ k: width, n: rows, bits: 4, kind: 'middle' },
    smooth: false,
    rotation: false,
    halves: true,
    numbers: [3, 14, 15, 9, 2, 6],
  };
  const matrices = new Map([['a/weight', matrixOf(parts)]]);
  const tables = new Set(['a/weight']);

  test('come back bit by bit, row by row, in a file that older programs refuse', () => {
    const world = quantizeWorldFile(worldOf([rows, width]), matrices, about, { tables });
    const read = there(world);
    expect(readQuantizedMatrices(read, 'w')).toEqual(matrices);
    expect(read.metadata.quantization!.weights['a/weight']).toEqual({
      format: 0,
      shape: [width, rows],
      table: true,
    });
    // A row after the other, 40 values in five words.
    expect(read.tensors.get('a/weight_packed')!.shape).toEqual([rows, 5]);
    expect(versionOf(world)).toBe('2');
    expect(versionOf(quantizeWorldFile(worldOf([width, rows]), matrices, about))).toBe('1');
  });

  test('of another shape are refused', () => {
    expect(() => quantizeWorldFile(worldOf([width, rows]), matrices, about, { tables })).toThrow(
      /a matrix \(40, 6\) does not stand for 'a\/weight', which is \(40, 6\)/,
    );
  });
});

/** What the header of a file says. */
function versionOf(world: WorldContents): string | undefined {
  const bytes = encodeWorld(world);
  return readSafetensorsHeader(bytes, bytes.length, 'w').metadata.get('version');
}

describe('pixels', () => {
  const bytes = Uint8Array.from({ length: 1200 }, (_, i) => (i * 7) % 256);
  const withPixels = (data: Float32Array): WorldContents => ({
    metadata,
    tensors: new Map<string, FileTensor>([['pictures', { dtype: 'F32', shape: [100, 12], data }]]),
  });

  test('are bytes in a file and the same floats in memory, rounded to halves or not', () => {
    const world = withPixels(pixelsOf(bytes));
    expect(encodeWorld(world).length).toBeLessThan(bytes.length + 1000);
    expect(versionOf(world)).toBe('2');
    for (const each of [world, quantizeWorldFile(world, new Map(), about, { floats: 'F16' })]) {
      expect(there(each).tensors).toEqual(world.tensors);
      const encoded = encodeWorld(each);
      expect(readWorldSummary(encoded, encoded.length, 'w').parameters).toBe(1200);
    }
  });

  test('one that is none makes them floats', () => {
    const data = pixelsOf(bytes);
    data[7] = 0;
    const world = withPixels(data);
    expect(there(world).tensors).toEqual(world.tensors);
    expect(versionOf(world)).toBe('1');
  });
});

describe('layout, as compressed-tensors has it', () => {
  test('weights are offset binary, the first in the lowest bits; zero points are packed along N', () => {
    // W^T is (9, 10): 4 bits, one group.
    const [k, n] = [10, 9];
    const values = Array.from({ length: n * k }, (_, i) => (Math.floor(i / k) + (i % k)) % 16);
    const zeroPoints = Array.from({ length: n }, (_, i) => i);
    const matrix = packMatrix({
      format: { bits: 4, group: 16, zeroPoints: true },
      shape: [k, n],
      values,
      scales: new Float32Array(n).fill(0.25),
      zeroPoints,
    });
    const { tensors } = quantizeWorldFile(worldOf([k, n]), new Map([['a/weight', matrix]]), about);
    expect([...tensors.keys()].sort()).toEqual(
      ['a/bias', 'a/weight_packed', 'a/weight_scale', 'a/weight_shape', 'a/weight_zero_point'].sort(),
    );
    expect(tensors.get('a/weight_shape')).toEqual({
      dtype: 'I64',
      shape: [2],
      data: BigInt64Array.of(9n, 10n),
    });
    expect(tensors.get('a/weight_scale')).toMatchObject({ dtype: 'F16', shape: [9, 1] });
    const packed = tensors.get('a/weight_packed')!;
    expect(packed).toMatchObject({ dtype: 'I32', shape: [9, 2] });
    expect([...(packed.data as Int32Array).subarray(0, 2)]).toEqual([0x76543210, 0x98]);
    expect(tensors.get('a/weight_zero_point')).toEqual({
      dtype: 'I32',
      shape: [2, 1],
      data: Int32Array.of(0x76543210, 8),
    });
    // Row 1 holds 1, 2, …, 10 with zero point 1.
    expect([...dequantizeMatrix(matrix)].filter((_, i) => i % n === 1)).toEqual(
      Array.from({ length: k }, (_, i) => i * 0.25),
    );
  });
});

describe('damaged files end in one sentence', () => {
  const parts: Parts = {
    ...{ k: 20, n: 3, bits: 4, kind: 'zero points' },
    smooth: true,
    rotation: false,
    halves: true,
    numbers: [7, 9, 3],
  };
  const world = quantizeWorldFile(worldOf([20, 3]), new Map([['a/weight', matrixOf(parts)]]), about);
  const changed = (name: string, tensor?: FileTensor): WorldContents => {
    const tensors = new Map(world.tensors);
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
    return { metadata: world.metadata, tensors };
  };

  test.each([
    ['_packed', /needs 'a\/weight_packed' as I32 \(3, 3\) and has nothing/],
    ['_scale', /needs 'a\/weight_scale' as floats \(3, 2\)/],
    ['_zero_point', /needs 'a\/weight_zero_point' as I32 \(1, 2\)/],
    ['_shape', /needs 'a\/weight_shape' as I64 \(2\) of 3 and 20/],
    ['_smooth', /needs 'a\/weight_smooth' as floats \(20\)/],
  ])('%s is missing', (part, message) => {
    expect(() => readQuantizedMatrices(changed(`a/weight${part}`), 'w')).toThrow(message);
  });

  test('parts of another type or size', () => {
    const floats: FileTensor = { dtype: 'F32', shape: [3, 3], data: new Float32Array(9) };
    expect(() => readQuantizedMatrices(changed('a/weight_packed', floats), 'w')).toThrow(
      /and has F32 \(3, 3\)/,
    );
    const shape: FileTensor = { dtype: 'I64', shape: [2], data: BigInt64Array.of(20n, 3n) };
    expect(() => readQuantizedMatrices(changed('a/weight_shape', shape), 'w')).toThrow(/of 3 and 20/);
  });

  const { quantization } = world.metadata;
  const withField = (field: unknown): Uint8Array => {
    const fields = { format: 'snowglobe-world', version: 1, ...metadata, quantization: field };
    return encodeSafetensors(
      world.tensors,
      new Map(
        Object.entries(fields).map(([name, value]) => [
          name,
          name === 'format' ? 'snowglobe-world' : JSON.stringify(value),
        ]),
      ),
    );
  };
  test.each<[string, unknown, RegExp]>([
    ['an unknown field', { ...quantization, more: 1 }, /unknown field 'quantization\.more'/],
    ['no scheme', { ...quantization, scheme: undefined }, /'quantization\.scheme' is missing/],
    [
      'a format that is not there',
      { ...quantization, formats: [] },
      /'quantization' names a format that it does not have/,
    ],
    [
      'a group that does not fit',
      { ...quantization, formats: [{ bits: 4, group: 1024, zeroPoints: true }] },
      /'quantization' has a format that does not fit its weight/,
    ],
    [
      'three bits',
      { ...quantization, formats: [{ bits: 3, group: 16, zeroPoints: true }] },
      /'quantization\.formats\.0\.bits' must be/,
    ],
    [
      'other bits of the cache',
      { ...quantization, kvCache: { bits: 4 } },
      /'quantization\.kvCache\.bits' must be/,
    ],
  ])('%s in the metadata', (_, field, message) => {
    expect(() => decodeWorld(withField(field), 'w')).toThrow(message);
  });

  test('flipped bytes give a SnowglobeError or matrices of the sizes that the metadata say', () => {
    const valid = encodeWorld(world);
    const flips = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    let read = 0;
    fc.assert(
      fc.property(flips, (changes) => {
        const bytes = valid.slice();
        for (const [at, bits] of changes) bytes[at]! ^= bits;
        try {
          for (const { packed, scales } of readQuantizedMatrices(decodeWorld(bytes, 'w'), 'w').values()) {
            expect(packed.length + scales.length).toBeLessThan(bytes.length);
          }
          read++;
        } catch (error) {
          if (!(error instanceof SnowglobeError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(0);
  });

  test('a matrix that does not stand for its weight', () => {
    const matrices = new Map([['a/weight', matrixOf(parts)]]);
    expect(() => quantizeWorldFile(worldOf([3, 20]), matrices, about)).toThrow(
      /\(20, 3\) does not stand for 'a\/weight', which is \(3, 20\)/,
    );
    const other = new Map([['b', matrixOf(parts)]]);
    expect(() => quantizeWorldFile(worldOf([20, 3]), other, about)).toThrow(/'b', which is nothing/);
  });
});
