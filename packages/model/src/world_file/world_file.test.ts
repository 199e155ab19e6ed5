import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerBytesNeeded } from './header.js';
import type { WorldMetadata } from './metadata.js';
import type { FileTensor } from './safetensors.js';
import { encodeSafetensors } from './safetensors.js';
import { registerAnyFamily } from './testing/any_family.js';
import { decodeWorld, encodeWorld, readWorldSummary } from './world_file.js';

registerAnyFamily('any', (value) => {
  const { width, ...rest } = value as Record<string, unknown>;
  if (typeof width !== 'number') throw new SnowglobeError('config: width must be a number.');
  const unknown = Object.keys(rest)[0];
  if (unknown) throw new SnowglobeError(`config: there is no field '${unknown}'.`);
  return { width };
});

const metadata: WorldMetadata = {
  family: 'any',
  config: { width: 64 } as WorldMetadata['config'],
  actionNames: ['none', 'left', 'right+up'],
  provenance: {
    command: 'snowglobe train clips --preset micro',
    seeds: [7, 8],
    hours: 0.25,
    machine: '2 CPU cores',
    data: '40 clips of a platformer',
    licences: ['CC0-1.0'],
  },
  evaluation: { tokenizerPsnr: 31.5, latentActionsAccuracy: 0.5 },
  measurements: {
    long: {
      ...{ recordings: 'test', starts: 16, frames: 3600, seed: 0, temperature: 0.5 },
      figures: [{ name: 'held', title: 'walks that hold', value: 1, game: 1, unit: 'share', of: 16 }],
    },
  },
  codeToAction: ['left', null, 'right+up', 'left'],
  keys: { left: Array.from({ length: 9 }, (_, i) => [-0.1, -1 - i, -3.25, 0]) },
};
const tensors = new Map<string, FileTensor>([
  ['dynamics.w', { dtype: 'F16', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['tokenizer.b', { dtype: 'F32', shape: [4], data: Float32Array.of(0.5, 1, 2, 3) }],
  ['levels', { dtype: 'I32', shape: [2], data: Int32Array.of(8, 5) }],
]);

/** The fields as they stand in the file, with some changed; undefined leaves one out. */
function fields(changes: Record<string, string | undefined> = {}): Map<string, string> {
  const all: Record<string, string | undefined> = { format: 'snowglobe-world', version: '1' };
  for (const [field, value] of Object.entries(metadata)) all[field] = JSON.stringify(value);
  return new Map(
    Object.entries({ ...all, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

const read = (changes: Record<string, string | undefined>) =>
  decodeWorld(encodeSafetensors(tensors, fields(changes)), 'w.safetensors');

const keys = (action: string, row: readonly number[]): string =>
  JSON.stringify({ [action]: Array.from({ length: 9 }, () => row) });

test('a world comes back as it was', () => {
  const world = decodeWorld(encodeWorld({ metadata, tensors }), 'w.safetensors');
  expect(world.metadata).toEqual(metadata);
  expect(new Map([...world.tensors].sort())).toEqual(new Map([...tensors].sort()));
});

test('a world without latent actions has no codeToAction', () => {
  const { codeToAction: _, keys: _keys, ...known } = metadata;
  const world = decodeWorld(encodeWorld({ metadata: known, tensors }), 'w.safetensors');
  expect(world.metadata).toEqual(known);
  expect('codeToAction' in world.metadata).toBe(false);
});

test('any metadata that can be written comes back', () => {
  const word = fc
    .stringMatching(/^[\p{L}\p{N} +'"\\{}:,-]{1,20}$/u)
    .filter((each) => !['prototype', 'constructor'].includes(each));
  const any = fc.record({
    family: fc.constant('any'),
    config: fc.record({
      width: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    }) as fc.Arbitrary<WorldMetadata['config']>,
    actionNames: fc.uniqueArray(word, { minLength: 1, maxLength: 9 }),
    provenance: fc.record({
      command: word,
      seeds: fc.array(fc.maxSafeInteger(), { maxLength: 4 }).map((seeds) => seeds.map((seed) => seed + 0)),
      hours: fc.double({ min: 0, max: 1e6, noNaN: true }).map((n) => n + 0),
      machine: word,
      data: word,
      licences: fc.array(word, { maxLength: 3 }),
    }),
    evaluation: fc.dictionary(
      word,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    ),
    play: fc.record({
      temperature: fc.double({ min: 0, max: 100, noNaN: true }).map((n) => n + 0),
      certainty: fc.double({ min: 0, max: 1, noNaN: true }).map((n) => n + 0),
    }),
  });
  fc.assert(
    fc.property(any, (meta) => {
      const world = decodeWorld(encodeWorld({ metadata: meta, tensors }), 'w');
      expect(world.metadata).toEqual({ ...meta, evaluation: { ...meta.evaluation } });
    }),
  );
});

test('the summary needs the header alone', () => {
  const bytes = encodeWorld({ metadata, tensors });
  const needed = headerBytesNeeded(bytes.subarray(0, 8), bytes.length, 'w');
  expect(needed).toBe(bytes.length - 6 * 2 - 4 * 4 - 2 * 4);
  const summary = readWorldSummary(bytes.subarray(0, needed), bytes.length, 'w');
  expect(summary.metadata).toEqual(metadata);
  expect(summary.parameters).toBe(10);
  expect([...summary.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
});

test('what other tools keep beside a world’s own metadata is left aside', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { maxKeys: 8 }),
      (others) => {
        const own = ['format', 'version', ...Object.keys(metadata), 'play', 'quantization'];
        const foreign = Object.entries(others).filter(
          ([field]) => !own.includes(field) && field !== '__proto__',
        );
        const known = { 'modelspec.title': 'Mine', total_size: '123', constructor: '1', hook: '[' };
        expect(read({ ...known, ...Object.fromEntries(foreign) }).metadata).toEqual(metadata);
      },
    ),
    { numRuns: 50 },
  );
});

describe('metadata that cannot be trusted are refused by name', () => {
  const change = (field: 'provenance' | 'evaluation', more: object) =>
    JSON.stringify({ ...metadata[field], ...more });
  const cases: [string, Record<string, string | undefined>, RegExp][] = [
    ['no format', { format: undefined }, /is no world: its metadata say format nothing/],
    ['another format', { format: 'pt' }, /is no world: its metadata say format 'pt'/],
    [
      'a newer version',
      { version: '3' },
      /is a world of version '3', and this program reads versions 1 and 2/,
    ],
    ['no version', { version: undefined }, /is a world of version none/],
    [
      'unknown field inside',
      { provenance: change('provenance', { run: 1 }) },
      /unknown field 'provenance\.run'/,
    ],
    ['missing field', { provenance: undefined }, /the field 'provenance' is missing/],
    ['missing config', { config: undefined }, /the field 'config' is missing/],
    ['unknown config', { config: '{"width":64,"depth":1}' }, /config: there is no field 'depth'/],
    ['not JSON', { actionNames: '[' }, /its field 'actionNames' is not valid JSON/],
    ['deep config', { config: '['.repeat(100_000) }, /its field 'config' nests deeper than 16/],
    ['no actions', { actionNames: '[]' }, /the field 'actionNames' is empty/],
    ['an action twice', { actionNames: '["a","a"]' }, /the field 'actionNames' has 'a' twice/],
    ['actions not names', { actionNames: '[1]' }, /the field 'actionNames\.0' must be a text, not 1/],
    [
      'keys for unknown actions',
      { keys: keys('fly', [0, 0, 0, 0]) },
      /names an action that is not in actionNames/,
    ],
    ['keys without directions', { keys: '{"left":[[0,0,0,0]]}' }, /the field 'keys\.left' must be 9 rows/],
    ['keys of other codes', { keys: keys('left', [0]) }, /rows that are not as long as codeToAction/],
    [
      'keys that are no likelihoods',
      { keys: keys('left', [1, 0, 0, 0]) },
      /the field 'keys\.left\.0\.0' must be/,
    ],
    ['codes for unknown actions', { codeToAction: '["fly"]' }, /names an action that is not in actionNames/],
    [
      'seeds not whole',
      { provenance: change('provenance', { seeds: [0.5] }) },
      /field 'provenance\.seeds\.0'/,
    ],
    [
      'hours negative',
      { provenance: change('provenance', { hours: -1 }) },
      /'provenance\.hours' must be at least 0, not -1/,
    ],
    [
      'evaluation not numbers',
      { evaluation: change('evaluation', { psnr: '1' }) },
      /'evaluation\.psnr' must be/,
    ],
    ['evaluation of a prototype', { evaluation: '{"__proto__":1}' }, /'evaluation' has a reserved name/],
    [
      'a measurement of another kind',
      { measurements: '{"looks":{}}' },
      /unknown field 'measurements\.looks'/,
    ],
    [
      'a figure in unknown units',
      {
        measurements:
          '{"long":{"recordings":"a","starts":1,"seed":0,"temperature":1,"figures":[{"name":"a","title":"a","value":1,"unit":"miles"}]}}',
      },
      /'measurements\.long\.figures\.0\.unit' must be/,
    ],
    ['evaluation infinite', { evaluation: '{"psnr":1e999}' }, /'evaluation\.psnr' must be/],
    [
      'terminal codes',
      { provenance: change('provenance', { data: '\u001b[2J' }) },
      /'provenance\.data' has control characters/,
    ],
  ];
  test.each(cases)('%s', (_, changes, message) => {
    expect(() => read(changes)).toThrow(SnowglobeError);
    expect(() => read(changes)).toThrow(message);
  });

  test('writing checks the same', () => {
    const wrong = { ...metadata, codeToAction: ['fly'] };
    expect(() => encodeWorld({ metadata: wrong, tensors })).toThrow(/not in actionNames/);
    const nan = { ...metadata, evaluation: { psnr: NaN } };
    expect(() => encodeWorld({ metadata: nan, tensors })).toThrow(/'evaluation\.psnr' must be/);
  });
});

test('flipped and missing bytes of a world give a SnowglobeError or a world', () => {
  const valid = encodeWorld({ metadata, tensors });
  const flips = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  let refused = 0;
  fc.assert(
    fc.property(flips, fc.option(fc.nat({ max: valid.length })), (changes, length) => {
      const bytes = valid.slice(0, length ?? valid.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        expect(decodeWorld(bytes, 'w').tensors.size).toBe(3);
      } catch (error) {
        if (!(error instanceof SnowglobeError)) throw error;
        expect(error.message).not.toMatch(/\p{Cc}/u);
        refused++;
      }
    }),
    { numRuns: 3000 },
  );
  expect(refused).toBeGreaterThan(500);
});
