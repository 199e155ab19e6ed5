import type { CheckEntry } from '@snowglobe/bench';
import type { DeviceDescription } from '@snowglobe/runtime';
import type { Command } from '../command.js';
import { numberIn, pattern } from '../options.js';
import { table } from '../text.js';

interface Options {
  readonly device?: string;
  readonly minutes?: number;
  readonly filter?: RegExp;
  readonly out?: string;
}

/** Computes every op by every kernel variant that an adapter can run, and compares with the reference. */
export const check: Command<Options> = {
  name: 'check',
  summary: 'compare every kernel that an adapter can run with the reference',
  description:
    'Compiles every variant of every kernel that the adapter can run, in full and in half precision, with subgroups and subgroup ' +
    'matrices where there are any, runs it on shapes that fill no tile, and compares with a double-precision reference. ' +
    'Variants for other adapters are listed with what they need. Exit code 1 when any fails.',
  examples: [
    ['check', 'every kernel on the best adapter'],
    [
      'check --minutes 2 --out check.jsonl',
      'what two minutes allow, every result written as soon as it is known',
    ],
    ['check --device llvmpipe --filter "^matmul"', 'some kernels on a named adapter'],
  ],
  stopsInOrder: true,
  configure(command) {
    command
      .option('--device <name>', 'part of the name of the adapter (default: SNOWGLOBE_DEVICE, else the best)')
      .option(
        '--minutes <n>',
        'after so many minutes the rest is listed as not reached (default: no limit)',
        numberIn(0, 10_000),
      )
      .option('--filter <pattern>', 'only ops and shapes like `matmul` or `70x100`', pattern)
      .option(
        '--out <file>',
        'write a line of JSON for the adapter and for each result as soon as it is known, and before a kernel runs',
      );
  },
  async run({ options, json, signal, note }) {
    const [{ checkAdapter }, { checkWritable }, { openSync, writeSync, closeSync }] = await Promise.all([
      import('@snowglobe/bench'),
      import('@snowglobe/runtime/internal'),
      import('node:fs'),
    ]);
    const { minutes, filter, out } = options;
    const device = options.device ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
    if (out !== undefined) await checkWritable(out);
    const file = out === undefined ? undefined : openSync(out, 'w');
    // Whole lines, handed to the system before anything else happens: a driver may take the process with it.
    const write = (line: object): void =>
      void (file !== undefined && writeSync(file, `${JSON.stringify(line)}\n`));
    const started = performance.now();
    let count = 0;
    try {
      const { adapter, entries } = await checkAdapter({
        signal,
        ...(device !== undefined && { device }),
        ...(minutes !== undefined && { limitMs: minutes * 60_000 }),
        ...(filter && { filter }),
        onAdapter: (found) => write({ format: 'snowglobe-check', version: 1, adapter: found }),
        onStart: (entry) => write({ ...entry, status: 'started' }),
        onEntry: (entry) => {
          write(entry);
          const seconds = ((performance.now() - started) / 1000).toFixed(0);
          if (!json && entry.status !== 'not available')
            note(`${seconds.padStart(4)} s  ${++count}  ${lineOf(entry)}`);
        },
      });
      const summary = countByStatus(entries);
      write({ summary });
      return {
        json: { adapter, summary, entries },
        text: describe(adapter, entries),
        ...failureOf(summary, filter),
      };
    } finally {
      if (file !== undefined) closeSync(file);
    }
  },
};

type Summary = Readonly<Record<'passed' | 'failed' | 'notAvailable' | 'notReached', number>>;

function countByStatus(entries: readonly CheckEntry[]): Summary {
  const count = (wanted: CheckEntry['status']): number =>
    entries.filter(({ status }) => status === wanted).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    notAvailable: count('not available'),
    notReached: count('not reached'),
  };
}

function failureOf({ passed, failed, notReached }: Summary, filter: RegExp | undefined) {
  if (failed > 0) {
    return {
      failure: `check: ${failed} of ${passed + failed} kernels that ran failed; do not trust this adapter with them.`,
    };
  }
  if (passed + notReached > 0) return {};
  return { failure: `check: no op and shape matches ${String(filter)}; leave --filter out to see them all.` };
}

const errorOf = ({ maxError, allowedError }: CheckEntry): string =>
  maxError === undefined ? '' : `${maxError.toExponential(1)} of ${allowedError!.toExponential(0)}`;

const lineOf = (entry: CheckEntry): string =>
  [entry.status, entry.op, entry.shape, entry.precision, entry.variant, errorOf(entry), entry.reason ?? '']
    .filter((part) => part !== '')
    .join('  ');

/** All failures, and for each op how many of its variants agreed and the largest error among them. */
function describe(adapter: DeviceDescription, entries: readonly CheckEntry[]): string {
  const ops = [...new Set(entries.map(({ op }) => op))];
  const rows = ops.map((op) => {
    const own = entries.filter((entry) => entry.op === op);
    const { passed, failed, notReached } = countByStatus(own);
    const ran = own.filter(({ maxError }) => maxError !== undefined);
    const worst = ran.sort((a, b) => b.maxError! / b.allowedError! - a.maxError! / a.allowedError!)[0];
    const variants = new Set(own.filter(({ status }) => status === 'passed').map(({ variant }) => variant));
    const cell = (count: number, word: string): string => (count > 0 ? `${count} ${word}` : '');
    return [
      op,
      cell(passed, 'passed'),
      cell(failed, 'FAILED'),
      cell(notReached, 'not reached'),
      cell(variants.size, variants.size === 1 ? 'variant' : 'variants'),
      worst ? `largest error ${errorOf(worst)}` : '',
    ];
  });
  const missing = entries.filter(({ status }) => status === 'not available');
  const needs = [...new Set(missing.map(({ reason }) => reason!))];
  const { passed, failed, notReached } = countByStatus(entries);
  return [
    `${adapter.name} (${adapter.kind}, ${adapter.backend})`,
    table(rows),
    ...entries.filter(({ status }) => status === 'failed').map(lineOf),
    ...needs.map((need) => {
      const names = missing
        .filter(({ reason }) => reason === need)
        .map(({ op, variant }) => `${op} ${variant}`);
      return `Not available here: ${need}: ${names.join(', ')}`;
    }),
    `${passed} passed, ${failed} failed, ${notReached} not reached, ${missing.length} not available on this adapter.`,
  ].join('\n');
}
