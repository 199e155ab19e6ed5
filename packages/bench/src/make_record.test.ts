import type { OpenDevice } from '@snowglobe/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecords } from './compare/compare.js';
import { makeRecord, recordOf, stoppedNote } from './make_record.js';
import type { SuiteContext } from './suites/options.js';
import { parseRecord } from './record/record.js';
import type { BenchEntry } from './record/types.js';
import { benchReport } from './report/page.js';
import { entryOf } from './testing/record.js';

const anyTime = fc.oneof(
  fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  fc.constantFrom(0, -1, Infinity, NaN),
);
const anyText = fc.string({ maxLength: 1500, unit: 'binary' });

const anyEntry: fc.Arbitrary<BenchEntry> = fc
  .record({
    ms: anyTime,
    samples: fc.array(anyTime, { maxLength: 4 }),
    family: fc.constantFrom('matmul', 'history', 'attention-sparse'),
    shape: fc.oneof(fc.constantFrom('1x2x3', '16 frames', '1024 frames'), anyText),
    kernelMs: fc.option(anyTime, { nil: undefined }),
    gflops: fc.option(anyTime, { nil: undefined }),
    share: fc.option(anyTime, { nil: undefined }),
    ortWebgpu: fc.option(anyTime, { nil: undefined }),
    note: fc.option(anyText, { nil: undefined }),
  })
  .map(({ ms, samples, family, shape, ortWebgpu, ...optional }) => ({
    ...entryOf(family, shape, ms),
    samples: [ms, ...samples],
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...(ortWebgpu !== undefined && { peers: { ortWebgpu } }),
  }));

const anyDevice = fc
  .record({
    name: anyText,
    vendor: anyText,
    driver: anyText,
    info: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 9 }),
      fc.oneof(anyText, fc.integer(), fc.boolean()),
    ),
  })
  .map(
    (described) =>
      ({
        description: {
          ...{ architecture: '', backend: 'vulkan', kind: 'hardware', features: [] },
          ...{ limits: { maxBufferSize: 2 ** 31 }, ...described },
        },
        capabilities: { features: new Set(['subgroups']), precision: 'f16' },
      }) as unknown as OpenDevice,
  );

describe('a record', () => {
  it('of a bench that was stopped holds what was timed and what was refused, and names what came last', async () => {
    const controller = new AbortController();
    const refusal = { suite: 'kernels', family: 'matmul', shape: '2x2x2', reason: 'It is wrong.' } as const;
    const suite = async ({ onStart, onEntry, onRefused, signal }: SuiteContext) => {
      onStart?.('matmul 1x2x3', 0, 3);
      onEntry?.(entryOf('matmul', '1x2x3', 1));
      onStart?.('matmul 2x2x2', 1, 3);
      onRefused?.(refusal);
      onStart?.('matmul 3x3x3', 2, 3);
      controller.abort();
      signal!.throwIfAborted();
      return { entries: [], refused: [], notes: [] };
    };
    const opened = fc.sample(anyDevice, 1)[0]!;
    const context = { opened, method: 'timestamps', signal: controller.signal } as unknown as SuiteContext;
    const never = () => Promise.reject(new Error('it goes on'));
    const { entries, refused, notes } = await makeRecord([suite, never], context, {
      ...{ commit: '', environment: { runtime: 'a', os: 'b', cpu: '', threads: 1 }, notes: [], toggles: [] },
    });
    expect(entries.map(({ shape }) => shape)).toEqual(['1x2x3']);
    expect(refused).toEqual([refusal]);
    expect(notes).toEqual([stoppedNote, 'The last to be started was matmul 3x3x3.']);
  });

  it('can be read, compared and shown, whatever was measured', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 5 }), anyDevice, anyText, (entries, opened, note) => {
        const suites = [{ entries, refused: [], notes: [note] }];
        const environment = { runtime: note, os: 'linux', cpu: note, threads: 2, webgpu: note };
        const roofline = { copyGBs: 1, fmaGflops: 1 };
        const record = recordOf(
          suites,
          { opened, method: 'timestamps', tickNs: 1, roofline },
          { commit: '', environment, notes: [], toggles: [] },
        );
        const read = parseRecord(JSON.parse(JSON.stringify(record)), 'the record');
        // What cannot be told is listed, and nothing is lost.
        expect(read.entries.length + read.refused.length).toBe(entries.length);
        expect(read.precision).toBe('f16');
        expect(read.adapter.limits).toEqual({ maxBufferSize: 2 ** 31 });
        compareRecords(read, read);
        benchReport([read]);
      }),
    );
  });

  it('lists a time of nothing as not timed', () => {
    const opened = fc.sample(anyDevice, 1)[0]!;
    const { entries, refused } = recordOf(
      [{ entries: [{ ...entryOf('matmul', '1x2x3', 1), kernelMs: 0 }], refused: [], notes: [] }],
      { opened, method: 'timestamps' },
      { commit: '', environment: { runtime: 'a', os: 'b', cpu: '', threads: 1 }, notes: [], toggles: [] },
    );
    expect(entries).toEqual([]);
    expect(refused).toEqual([
      expect.objectContaining({
        shape: '1x2x3',
        reason: expect.stringMatching(
          /^It is no measurement: the field 'kernelMs' must be more than 0, not 0\./,
        ),
      }),
    ]);
  });
});
