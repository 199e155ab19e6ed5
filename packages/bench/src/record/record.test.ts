import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecords } from '../compare/compare.js';
import { entryOf, recordOf } from '../testing/record.js';
import { geometricMean, parseRecord, summarizeEntries } from './record.js';

const entries = [
  entryOf('matmul', '1x2x3', 2, { peers: { ortWebgpu: 8, ortCpu: 1 } }),
  entryOf('matmul', '4x5x6', 1, { peers: { ortWebgpu: 1 } }),
  entryOf('attention', '7x8', 4, { peers: { ortWebgpu: 4 } }),
  entryOf('frame', 'world', 1, { suite: 'model', peers: { ortWebgpu: 100 } }),
  entryOf('history', '16 frames', 2),
  entryOf('history', '1024 frames', 2.5),
];

describe('the summary', () => {
  it('is the geometric mean over kernels alone, and the worst family', () => {
    expect(summarizeEntries(entries)).toEqual({
      geomeanVsOrtWebgpu: expect.closeTo(Math.cbrt(4), 12),
      worstFamilyVsOrtWebgpu: expect.closeTo(1, 12),
      worstFamily: 'attention',
      geomeanVsOrtCpu: expect.closeTo(0.5, 12),
      historyCost1024Over16: 1.25,
      ...{ ratio64: null, playersAt24: null, latenessP99: null },
      ...{ faults: null, survived: null, recoveryP50: null, recoveryP99: null },
    });
  });

  it('compares whole frames where they were timed', () => {
    const frames = [16, 1024].map((count, i) =>
      entryOf('frame-history', `${count} frames`, 100 + i, { suite: 'model' }),
    );
    expect(summarizeEntries([...entries, ...frames]).historyCost1024Over16).toBeCloseTo(1.01, 12);
  });

  it('says nothing where nothing was measured', () => {
    expect(Object.values(summarizeEntries([])).every((value) => value === null)).toBe(true);
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  });
});

describe('parseRecord', () => {
  const record = recordOf(entries);
  const parse = (changes: object) => () => parseRecord({ ...record, ...changes }, 'file');

  it('takes what was written', () => {
    expect(parseRecord(JSON.parse(JSON.stringify(record)), 'file')).toEqual(record);
  });

  it('refuses what was changed, and names the field', () => {
    expect(parse({ version: 2 })).toThrow(
      /^file: the field 'version' must be 1, not .* use a record that snowglobe bench wrote/,
    );
    expect(parse({ surprise: 1 })).toThrow(/the unknown field 'surprise'/);
    expect(parse({ roofline: { copyGBs: 0, fmaGflops: 1 } })).toThrow(/roofline.copyGBs/);
    expect(parse({ commit: 'main' })).toThrow(/commit/);
    const faster = entries.map((entry, index) => (index === 0 ? { ...entry, ms: 0.1 } : entry));
    expect(parse({ entries: faster })).toThrow(
      /the field 'entries.0.ms' is 0.1, which is no median of its samples/,
    );
    const boast = { ...record.summary, geomeanVsOrtWebgpu: 9 };
    expect(parse({ summary: boast })).toThrow(
      /the field 'summary.geomeanVsOrtWebgpu' is 9, and its entries say 1.58/,
    );
  });

  it('never ends in anything but a record or a sentence', () => {
    const fields = fc.constantFrom(...Object.keys(record));
    fc.assert(
      fc.property(fc.jsonValue(), fields, (value, field) => {
        for (const each of [value, { ...record, [field]: value }]) {
          try {
            parseRecord(each, 'file');
          } catch (error) {
            expect((error as Error).name).toBe('SnowglobeError');
          }
        }
      }),
    );
  });
});

describe('compareRecords', () => {
  it('says first that precisions differ, also of records that say it in a note', () => {
    const half = ['Matmuls may round their operands to half precision; sums are in full precision.'];
    const [full, noted, named] = [
      recordOf(entries),
      recordOf(entries, { notes: half }),
      recordOf(entries, { precision: 'f16' }),
    ];
    expect(compareRecords(noted, named).warnings).toEqual([]);
    for (const other of [noted, named]) {
      expect(compareRecords(full, other).warnings[0]).toMatch(/^precision: f32 before, f16 after/);
    }
  });

  it('matches measurements, and tells what lies within the spread', () => {
    const before = recordOf([
      entryOf('matmul', 'a', 4),
      entryOf('matmul', 'b', 1),
      entryOf('matmul', 'old', 1),
    ]);
    const after = recordOf(
      [
        entryOf('matmul', 'a', 2, { variant: 'tile64x64' }),
        entryOf('matmul', 'b', 1.02),
        entryOf('matmul', 'new', 1),
      ],
      { adapter: { ...before.adapter, driver: 'driver 2' } },
    );
    const { differences, geomean, onlyBefore, onlyAfter, warnings } = compareRecords(before, after);
    expect(differences).toMatchObject([
      { shape: 'a', variants: ['tile32x32', 'tile64x64'], speedup: 2, clear: true },
      { shape: 'b', clear: false },
    ]);
    expect(geomean).toBeCloseTo(Math.sqrt(2 / 1.02), 12);
    expect(onlyBefore).toEqual(['kernels | matmul | old | f32']);
    expect(onlyAfter).toEqual(['kernels | matmul | new | f32']);
    expect(warnings).toEqual(["driver: 'driver 1' before, 'driver 2' after."]);
  });
});
