import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toBase64 } from '../../../base64.js';
import { packPairs, unpackPairs } from './adjacency.js';

it('sets of pairs are read as they were written, however far apart', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(1599)), (codebook, some) => {
      const pairs = new Uint8Array(codebook ** 2);
      for (const pair of some) if (pair < pairs.length) pairs[pair] = 1;
      expect(unpackPairs(packPairs(pairs), codebook)).toEqual(pairs);
    }),
  );
  const [most, sizes] = [40, fc.array(fc.nat(39))];
  fc.assert(
    fc.property(sizes, sizes, (rows, columns) => {
      const goes = Uint8Array.from(
        { length: most ** 2 },
        (_, pair) =>
          +(pair % 17 === 0 || rows.includes(Math.floor(pair / most)) || columns.includes(pair % most)),
      );
      expect(unpackPairs(packPairs(goes), most)).toEqual(goes);
    }),
  );
  const [none, last] = [new Uint8Array(1600), new Uint8Array(1600)];
  last[1599] = 1;
  for (const pairs of [none, last, last.map(() => 1)])
    expect(unpackPairs(packPairs(pairs), 40)).toEqual(pairs);
  expect(packPairs(last)).toEqual({ rows: [], columns: [], pairs: expect.stringMatching(/^.{12}$/) });
  expect(packPairs(last.map(() => 1)).pairs).toBe('');
});

it('what is no set of pairs of so many patches is refused, whatever it is', () => {
  const set = (pairs: string) => ({ rows: [], columns: [], pairs });
  expect(unpackPairs(set('no base64'), 4)).toBeUndefined();
  // 16 pairs end with the sixteenth.
  expect(unpackPairs(set(toBase64(Uint8Array.of(15))), 4)?.[15]).toBe(1);
  expect(unpackPairs(set(toBase64(Uint8Array.of(16))), 4)).toBeUndefined();
  expect(unpackPairs(set(toBase64(Uint8Array.of(3, 255))), 4)).toBeUndefined();
  expect(unpackPairs({ ...set(''), rows: [4] }, 4)).toBeUndefined();
  expect(unpackPairs({ ...set(''), columns: [4] }, 4)).toBeUndefined();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uint8Array().map(toBase64)), (text) => {
      const pairs = unpackPairs(set(text), 5);
      if (pairs) expect(pairs).toHaveLength(25);
    }),
  );
});
