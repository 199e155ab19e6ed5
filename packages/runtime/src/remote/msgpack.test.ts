import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from './msgpack.js';
import { shape } from './sizes.js';

/** What a message may consist of. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: shape.depth },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true }).filter((x) => !Object.is(x, -0)),
    fc.string(),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      {
        maxKeys: 20,
        noNullPrototype: true,
      },
    ),
  ),
}));

const decoded = (bytes: Uint8Array): unknown => {
  try {
    return decode(bytes, { maxExtLength: 0 });
  } catch {
    return 'nothing';
  }
};
const read = (bytes: Uint8Array): unknown => {
  try {
    return decodeMessage(bytes);
  } catch {
    return 'nothing';
  }
};

describe('a message', () => {
  test('comes back as it was, and not when it is cut or followed by something', () => {
    fc.assert(
      fc.property(value, fc.nat(), (each, at) => {
        const bytes = encode(each);
        expect(decodeMessage(bytes)).toEqual(decode(bytes));
        expect(() => decodeMessage(bytes.subarray(0, at % bytes.length))).toThrow('it is cut off');
        expect(() => decodeMessage(Uint8Array.of(...bytes, 1))).toThrow('something follows it');
      }),
    );
  });

  test('is read where the library reads it, and nowhere else', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.integer({ min: 0x80, max: 0xdf }).map((byte) => Uint8Array.of(byte)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const bytes = Uint8Array.from(parts.flatMap((each) => [...each]));
        expect(read(bytes)).toEqual(decoded(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  test('leaves out what is undefined', () => {
    expect(decodeMessage(encodeMessage({ a: 1, b: undefined }))).toEqual({ a: 1 });
  });
});

const repeated = (part: readonly number[], times: number): Uint8Array =>
  Uint8Array.from({ length: part.length * times }, (_, i) => part[i % part.length]!);

const joined = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const longList = joined([0xdc, 0xff, 0xff], repeated([0x90], 0xffff));

test.each([
  ['lists that claim 33,554,431 elements', repeated([0xdd, 1, 0xff, 0xff, 0xff], 40), /a list of 33554431/],
  ['lists that claim 65,536 elements', repeated([0xdd, 0, 1, 0, 0], 40), /deeper than 6/],
  ['maps that claim 4,294,967,295 fields', repeated([0xdf, 0xff, 0xff, 0xff, 0xff], 40), /4294967295 fields/],
  ['maps in maps', repeated([0x81, 0xa1, 0x61], 5_000_000), /deeper than 6/],
  ['lists in lists', repeated([0x91], 16_000_000), /deeper than 6/],
  ['a long list', longList, undefined],
  ['more values than any message has', joined([0x92], longList, longList), /more than 100000 values/],
  ['a text that claims gigabytes', Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff, 65), /a text of 4294967295/],
  ['bytes that claim gigabytes', Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff, 65), /cut off/],
  ['an extension', Uint8Array.of(0xd6, 0xff, 1, 2, 3, 4), /unknown kind 0xd6/],
  ['an extension that claims gigabytes', Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 1), /unknown kind 0xc9/],
  ['the byte that is no value', Uint8Array.of(0xc1), /unknown kind 0xc1/],
  ['nothing', new Uint8Array(), /cut off/],
])('%s cost no memory', (_, bytes, problem) => {
  const before = process.memoryUsage().heapUsed;
  if (problem) expect(() => decodeMessage(bytes)).toThrow(problem);
  else expect(decodeMessage(bytes)).toHaveLength(0xffff);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(32e6);
});
