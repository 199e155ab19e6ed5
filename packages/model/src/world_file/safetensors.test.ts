import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileTensor } from './safetensors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const encoder = new TextEncoder();

/** A file with any header text, true or not. */
function file(header: string | Uint8Array, data: ArrayLike<number> = [], claimed?: bigint): Uint8Array {
  const json = typeof header === 'string' ? encoder.encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const decode = (bytes: Uint8Array) => decodeSafetensors(bytes, 'w.safetensors');

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const half = fc.integer({ min: -2047, max: 2047 }).map((n) => n / 16); // exact in F16
const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

function tensorOf<D extends FileTensor['dtype']>(
  dtype: D,
  value: fc.Arbitrary<number>,
  from: (values: number[]) => FileTensor['data'],
): fc.Arbitrary<FileTensor> {
  return shape.chain((dims) => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    return fc
      .array(value, { minLength: size, maxLength: size })
      .map((values) => ({ dtype, shape: dims, data: from(values) }) as FileTensor);
  });
}

const tensor = fc.oneof(
  tensorOf('I64', fc.integer(), (values) => BigInt64Array.from(values, BigInt)),
  tensorOf('F32', float32, (values) => Float32Array.from(values)),
  tensorOf('F16', half, (values) => Float32Array.from(values)),
  tensorOf('I32', fc.integer(), (values) => Int32Array.from(values)),
  tensorOf('U32', fc.nat({ max: 0xffffffff }), (values) => Uint32Array.from(values)),
  tensorOf('U8', fc.nat({ max: 255 }), (values) => Uint8Array.from(values)),
);
const tensorName = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '0', 'a.b'),
);
const tensors = fc.uniqueArray(fc.tuple(tensorName, tensor), { selector: ([name]) => name, maxLength: 6 });
const metadata = fc
  .uniqueArray(fc.tuple(tensorName, fc.string({ unit: 'grapheme' })), { selector: ([name]) => name })
  .map((entries) => new Map(entries));

describe('round trip', () => {
  test('tensors and metadata come back as they were, and order does not change the bytes', () => {
    fc.assert(
      fc.property(tensors, metadata, (entries, meta) => {
        const bytes = encodeSafetensors(new Map(entries), meta);
        const read = decode(bytes);
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...entries].sort()));
        expect(new Map([...read.metadata].sort())).toEqual(new Map([...meta].sort()));
        expect(encodeSafetensors(new Map(entries.toReversed()), new Map([...meta].reverse()))).toEqual(bytes);
      }),
    );
  });

  test('reads at an odd offset of an array whose slice is a view, and keeps none (a Node Buffer is such)', () => {
    class ViewingArray extends Uint8Array {
      override slice = (start?: number, end?: number) => this.subarray(start, end);
    }
    const weight: FileTensor = { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, -2) };
    const bytes = encodeSafetensors(new Map([['w', weight]]));
    const holder = new Uint8Array(bytes.length + 3).fill(0xff);
    holder.set(bytes, 3);
    const { tensors: read } = decode(new ViewingArray(holder.buffer, 3));
    holder.fill(0);
    expect(read.get('w')).toEqual(weight);
  });
});

describe('layout, as the format describes it', () => {
  const bytes = encodeSafetensors(
    new Map<string, FileTensor>([
      ['small', { dtype: 'U8', shape: [3], data: Uint8Array.of(7, 8, 9) }],
      ['half', { dtype: 'F16', shape: [1], data: Float32Array.of(1) }],
      ['wide', { dtype: 'F32', shape: [1, 2], data: Float32Array.of(1, -2) }],
    ]),
    new Map([['k', 'v']]),
  );
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const json = new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes));

  test('length, JSON padded with spaces to 8 bytes, then data without a gap', () => {
    expect(headerBytes % 8).toBe(0);
    expect(json[0]).toBe('{');
    expect(json.slice(json.lastIndexOf('}') + 1).trim()).toBe('');
    expect(bytes.length).toBe(8 + headerBytes + 8 + 2 + 3);
  });

  test('header says dtype, shape and data_offsets relative to its end; little-endian values follow', () => {
    expect(JSON.parse(json)).toEqual({
      __metadata__: { k: 'v' },
      wide: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
      half: { dtype: 'F16', shape: [1], data_offsets: [8, 10] },
      small: { dtype: 'U8', shape: [3], data_offsets: [10, 13] },
    });
    expect([...bytes.subarray(8 + headerBytes)]).toEqual([
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
      ...[0, 0x3c],
      ...[7, 8, 9],
    ]);
  });

  test('reads a file laid down by hand, in another order and unpadded', () => {
    const header =
      '{"b":{"dtype":"I32","shape":[],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const read = decode(file(header, [0, 0, 0x20, 0x41, 0xfe, 0xff, 0xff, 0xff]));
    expect(read.tensors.get('a')).toEqual({ dtype: 'F32', shape: [1], data: Float32Array.of(10) });
    expect(read.tensors.get('b')).toEqual({ dtype: 'I32', shape: [], data: Int32Array.of(-2) });
    expect(read.metadata.size).toBe(0);
  });
});

describe('hostile and damaged files end in one sentence', () => {
  const entry = (begin: unknown, end: unknown, dims: unknown = [1], dtype = 'F32') =>
    JSON.stringify({ dtype, shape: dims, data_offsets: [begin, end] });
  const nested = (depth: number) => `{"__metadata__":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const four = [0, 0, 0, 0];
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(0), /0 bytes are too few/],
    ['seven bytes', new Uint8Array(7), /7 bytes are too few/],
    ['1 GB header', file('{}', [], 1_000_000_000n), /header of 1000000000 bytes, and at most 100000000/],
    ['2^64 - 1 header', file('{}', [], 2n ** 64n - 1n), /header of 18446744073709551615 bytes/],
    ['header past the end', file('{}', [], 3n), /header of 3 bytes, but the file has only 10/],
    ['empty header', file(''), /does not start with '\{'/],
    ['byte order mark', file('\ufeff{}'), /does not start with '\{'/],
    ['not UTF-8', file(Uint8Array.of(0x7b, 0xff, 0x7d)), /not UTF-8/],
    ['not JSON', file('{"a":'), /the header is not valid JSON/],
    ['deep JSON', file(nested(100_000)), /deeper than 4 levels/],
    ['unclosed deep JSON', file(`{"a":${'['.repeat(1_000_000)}`), /deeper than 4 levels/],
    ['duplicate', file(`{"a":${entry(0, 4)},"\\u0061":${entry(0, 4)}}`, four), /'a' twice/],
    [
      'duplicate field',
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
      /'dtype' twice/,
    ],
    ['negative offset', file(`{"a":${entry(-4, 0)}}`, four), /tensor 'a' has a bad 'data_offsets\.0'/],
    ['fraction', file(`{"a":${entry(0, 4.5)}}`, four), /tensor 'a' has a bad 'data_offsets\.1'/],
    ['huge offset', file(`{"a":${entry(0, 1e300)}}`, four), /tensor 'a' has a bad 'data_offsets\.1'/],
    ['negative dimension', file(`{"a":${entry(0, 4, [-1, -1])}}`, four), /has a bad 'shape\.0'/],
    ['end before begin', file(`{"a":${entry(4, 0)}}`, four), /offsets 4 to 0 hold -4/],
    ['shape too large', file(`{"a":${entry(0, 4, [1e9, 1e9])}}`, four), /more elements than can be counted/],
    [
      'product overflows',
      file(`{"a":${entry(0, 0, [2 ** 52, 2 ** 52, 0])}}`),
      /tensor 'a' is F32 .* more elements/,
    ],
    ['past the end', file(`{"a":${entry(0, 8, [2])}}`, four), /take 8 bytes, but 4 follow/],
    ['bytes left over', file(`{"a":${entry(0, 4)}}`, [...four, 0]), /take 4 bytes, but 5 follow/],
    ['overlap', file(`{"a":${entry(0, 4)},"b":${entry(0, 4)}}`, four), /'b' starts at byte 0 .*overlaps/],
    ['gap', file(`{"a":${entry(4, 8)}}`, [...four, ...four]), /'a' starts at byte 4 .*gap/],
    ['unknown type', file(`{"a":${entry(0, 8, [1], 'F64')}}`, [...four, ...four]), /element type 'F64'/],
    ['type from a prototype', file(`{"a":${entry(0, 4, [1], 'toString')}}`, four), /element type 'toString'/],
    [
      'unknown field',
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"run":"x"}}', four),
      /tensor 'a' has a bad 'run'/,
    ],
    ['metadata not text', file('{"__metadata__":{"k":1}}'), /other than a string as 'k'/],
    ['metadata a list', file('{"__metadata__":["k"]}'), /must map names to strings/],
    ['NaN', file(`{"a":${entry(0, 4)}}`, [0, 0, 0xc0, 0x7f]), /tensor 'a' has the value NaN at index 0/],
    ['infinity', file(`{"a":${entry(0, 4)}}`, [0, 0, 0x80, 0xff]), /tensor 'a' has the value -Infinity/],
    ['half NaN', file(`{"a":${entry(0, 2, [1], 'F16')}}`, [1, 0x7c]), /tensor 'a' has the value NaN/],
    [
      'terminal codes in a name',
      file(`{"\\u001b[2J":${entry(0, 4, [2])}}`, four),
      /^[^\u001b]*tensor '\\u\{1b\}\[2J'/,
    ],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(SnowglobeError);
    expect(() => decode(bytes)).toThrow(message);
    expect(() => decode(bytes)).toThrow(/^w\.safetensors: /);
  });
});

test('flipped and missing bytes give a SnowglobeError or tensors no larger than the file', () => {
  const valid = encodeSafetensors(
    new Map<string, FileTensor>([
      ['a', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['b', { dtype: 'F16', shape: [2], data: Float32Array.of(1, 2) }],
      ['c', { dtype: 'U8', shape: [5], data: Uint8Array.of(1, 2, 3, 4, 5) }],
    ]),
    new Map([['format', 'x']]),
  );
  const flips = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.integer({ min: 1, max: 255 })), {
    maxLength: 4,
  });
  let read = 0;
  let refused = 0;
  fc.assert(
    fc.property(flips, fc.option(fc.nat({ max: valid.length })), (changes, length) => {
      const bytes = valid.slice(0, length ?? valid.length);
      for (const [at, bits] of changes) if (at < bytes.length) bytes[at]! ^= bits;
      try {
        const { tensors: result } = decode(bytes);
        let stored = 0;
        for (const { dtype, data } of result.values())
          stored += dtype === 'F16' ? data.byteLength / 2 : data.byteLength;
        expect(stored).toBeLessThan(bytes.length);
        read++;
      } catch (error) {
        if (!(error instanceof SnowglobeError)) throw error;
        refused++;
      }
    }),
    { numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(1000);
});

describe('writing refuses what could not be read', () => {
  const write = (name: string, tensor_: FileTensor) => () => encodeSafetensors(new Map([[name, tensor_]]));
  test('values that are not finite, or not in F16', () => {
    const nan: FileTensor = { dtype: 'F32', shape: [2], data: Float32Array.of(0, NaN) };
    expect(write('w', nan)).toThrow("tensor 'w' has the value NaN at index 1");
    const large: FileTensor = { dtype: 'F16', shape: [1], data: Float32Array.of(70000) };
    expect(write('w', large)).toThrow("tensor 'w' has the value 70000 at index 0, beyond F16's 65504");
  });
  test('data that do not fill the shape, an array of another type, the reserved name', () => {
    const short: FileTensor = { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1) };
    expect(write('w', short)).toThrow("tensor 'w' has 1 values, but its shape (2, 2) holds 4");
    const mixed = { dtype: 'I32', shape: [1], data: Float32Array.of(1) } as unknown as FileTensor;
    expect(write('w', mixed)).toThrow("tensor 'w' is I32 and needs a Int32Array");
    expect(write('__metadata__', short)).toThrow('cannot be called __metadata__');
  });
});
