import type { BenchEntry, BenchRecord, Comparison, Suite } from '@snowglobe/bench';
import { InvalidArgumentError, Option } from 'commander';
import type { Command, Context, Result } from '../command.js';
import { UsageError } from '../command.js';
import { readInput } from '../inputs.js';
import { namesOf } from '../names.js';
import { hasEnding, integer, numberIn, pattern, threadsOption } from '../options.js';
import { table } from '../text.js';
import { commitOf } from '../version.js';

interface Options {
  readonly suite?: readonly Suite[];
  readonly peers?: true;
  readonly tune?: true;
  readonly device?: string;
  readonly world?: string;
  readonly faults?: number;
  readonly players?: number;
  readonly engines?: number;
  readonly seed?: number;
  readonly minutes?: number;
  readonly threads?: number;
  readonly filter?: RegExp;
  readonly precision: 'f32' | 'f16';
  readonly toggles?: readonly string[];
  readonly out?: string;
}

const suiteNames: readonly Suite[] = ['kernels', 'model', 'cold-start', 'sessions', 'cluster'];

/** Times kernels, a whole world and cold starts; compares records. */
export const bench: Command<Options> = {
  name: 'bench',
  summary: 'time kernels and worlds on an adapter, beside ONNX Runtime',
  description:
    'Checks each kernel against the double-precision reference and then times it; a wrong one is reported, never timed. ' +
    'With --peers ONNX Runtime does the same work in the same run, taking turns. `bench compare A B` says what changed ' +
    'between two records.',
  examples: [
    ['bench', 'a table of everything, in a minute or two'],
    ['bench --suite kernels --peers', 'kernels beside ONNX Runtime’s WebGPU and CPU'],
    ['bench --suite kernels --tune --out results/mine.json', 'the fastest variants, as a record to share'],
    ['bench --suite sessions --world crafter --threads 1', '1 to 64 sessions that play at the same time'],
    [
      'bench --suite sessions --world crafter --engines 2 --players 12',
      'the same on two engines of the CPU, and when twelve players get their frames',
    ],
    ['bench --suite cluster --faults 50', 'nodes are killed, stopped and cut off while twelve people play'],
    ['bench compare results/before.json results/after.json', 'what became faster'],
    ['bench report results --out bench.html', 'all records of a folder as a page with plots'],
  ],
  stopsInOrder: true,
  configure(command) {
    command
      .argument('[action]', 'compare: compares two records; report: makes a page of records')
      .argument('[files...]', 'the records, or folders of them')
      .option(
        '--suite <names>',
        `of ${suiteNames.join(', ')}; several with commas (default: all but sessions and cluster)`,
        parseSuites,
      )
      .option('--peers', 'time ONNX Runtime’s WebGPU and CPU providers as well')
      .option('--tune', 'try every variant of each kernel first, and time the fastest')
      .option('--device <name>', 'part of the name of the adapter (default: SNOWGLOBE_DEVICE, else the best)')
      .option(
        '--world <world>',
        'whose frame, cold start and sessions are timed (default: coinrun; sessions of crafter, coinrun, dungeon; a cluster of crafter)',
      )
      .option('--faults <n>', 'how many come over a cluster (default: 20)', integer({ min: 1, max: 10_000 }))
      .option(
        '--players <n>',
        'how many play in a cluster (default: 12), or want 24 frames/s of sessions, up to 64 (default: as many as get them)',
        integer({ min: 1, max: 1000 }),
      )
      .option(
        '--engines <n>',
        'engines on the CPU for sessions, each in a thread of its own, which share --threads (default: one, in the main thread)',
        integer({ min: 1, max: 64 }),
      )
      .option('--seed <n>', 'of which faults come, and when (default: 1)', integer({ max: 2 ** 31 - 1 }))
      .option(
        '--minutes <n>',
        'after so many minutes the record holds what was measured until then (default: no limit)',
        numberIn(0, 10_000),
      )
      .addOption(threadsOption())
      .option('--filter <pattern>', 'only kernels like `attention` or `64x512`', pattern)
      .addOption(
        new Option(
          '--precision <type>',
          'f16: matmuls may round their operands to half precision, where the adapter can',
        )
          .choices(['f32', 'f16'])
          .default('f32'),
      )
      .option(
        '--toggles <names>',
        'dawn toggles of our device, with commas, for example disable_robustness',
        (text: string) => namesOf(text, '--toggles'),
      )
      .option('--out <file>', 'write the record there (.json), or the page (.html)');
  },
  async run(context) {
    const [action, files = []] = context.args as [string | undefined, string[]];
    checkEnding(action === 'report' ? ['page', '.html'] : ['record', '.json'], context.options.out);
    if (action === undefined) return measure(context);
    if (action === 'report') return report(files, context.options.out);
    if (action !== 'compare' || files.length !== 2) {
      throw new UsageError('Say what to compare: bench compare BEFORE.json AFTER.json');
    }
    return compare(files[0]!, files[1]!);
  },
};

function checkEnding([what, ending]: readonly [string, string], out: string | undefined): void {
  if (out === undefined || hasEnding(out, ending)) return;
  throw new UsageError(`--out ${out}: a ${what} must end in ${ending}; give it such a name.`);
}

async function measure({ options, json, note, signal }: Context<Options>): Promise<Result> {
  const [{ runBench }, { stoppedNote }, { SnowglobeError }, { checkWritable, writeFileAtomically }] =
    await Promise.all([
      import('@snowglobe/bench'),
      import('@snowglobe/bench/internal'),
      import('@snowglobe/graph'),
      import('@snowglobe/runtime/internal'),
    ]);
  if (options.out) await checkWritable(options.out);
  const { minutes } = options;
  const device = options.device ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
  const started = performance.now();
  const record = await runBench({
    ...(options.suite && { suites: options.suite }),
    ...(device !== undefined && { device }),
    ...(options.world !== undefined && { world: options.world }),
    ...(options.threads !== undefined && { threads: options.threads }),
    sessions: {
      ...(options.engines !== undefined && { engines: options.engines }),
      ...(options.players !== undefined && { players: Math.min(options.players, 64) }),
    },
    cluster: {
      ...(options.faults !== undefined && { faults: options.faults }),
      ...(options.players !== undefined && { players: options.players }),
      ...(options.seed !== undefined && { seed: options.seed }),
    },
    ...(options.filter && { filter: options.filter }),
    ...(options.toggles && { toggles: options.toggles }),
    precision: options.precision,
    peers: options.peers ?? false,
    tune: options.tune ?? false,
    commit: await commitOf(),
    signal: minutes === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]),
    onStart: (name, done, total) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      if (!json) note(`${seconds.padStart(4)} s  ${done + 1}/${total}  ${name}`);
    },
  });
  const { entries, refused } = record;
  if (options.filter && entries.length + refused.length === 0 && !record.notes.includes(stoppedNote)) {
    throw new SnowglobeError(
      `bench: nothing is called like ${String(options.filter)} in ${(options.suite ?? suiteNames).join(', ')}; leave --filter out to see them all.`,
    );
  }
  if (options.out) {
    await writeFileAtomically(
      options.out,
      new TextEncoder().encode(`${JSON.stringify(record, undefined, 1)}\n`),
    );
  }
  return { json: record, text: describe(record) };
}

async function compare(before: string, after: string): Promise<Result> {
  const { compareRecords } = await import('@snowglobe/bench');
  const comparison = compareRecords(await readRecord(before), await readRecord(after));
  return { json: comparison, text: describeComparison(comparison) };
}

/** Writes a page of all records that are named, and of those in folders that are named. */
async function report(paths: readonly string[], out = 'bench.html'): Promise<Result> {
  if (paths.length === 0) throw new UsageError('Say which records: bench report results --out bench.html');
  const [{ benchReport }, { renderReport }, { checkWritable, writeFileAtomically }] = await Promise.all([
    import('@snowglobe/bench'),
    import('@snowglobe/report'),
    import('@snowglobe/runtime/internal'),
  ]);
  await checkWritable(out);
  const files = (await Promise.all(paths.map(recordsAt))).flat();
  const records = await Promise.all(files.map(readRecord));
  // The newest first, as one reads them.
  records.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  await writeFileAtomically(out, new TextEncoder().encode(await renderReport(benchReport(records))));
  return { json: { path: out, records: files }, text: `${out}: a page of ${files.length} records.` };
}

/** The file itself, or the JSON files of a folder. */
async function recordsAt(path: string): Promise<readonly string[]> {
  const [{ readdir, stat }, { join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(path, name));
}

async function readRecord(path: string): Promise<BenchRecord> {
  const [{ parseRecord }, { parseEditedJson }] = await Promise.all([
    import('@snowglobe/bench'),
    import('@snowglobe/media/internal'),
  ]);
  const content = await readInput(path, 'a record');
  return parseRecord(parseEditedJson(content, path, 'give a record that snowglobe bench wrote.'), path);
}

function parseSuites(text: string): readonly Suite[] {
  return namesOf(text, '--suites').map((name) => {
    const suite = suiteNames.find((each) => each === name);
    if (!suite) throw new InvalidArgumentError(`It must be among ${suiteNames.join(', ')}.`);
    return suite;
  });
}

const digits = (value: number): string => value.toPrecision(3).replace(/e\+?(-?\d+)$/, 'e$1');
const milliseconds = (value: number | undefined): string =>
  value === undefined ? '' : value < 100 ? value.toFixed(value < 1 ? 3 : 2) : value.toFixed(0);
const times = (value: number | null | undefined): string => (value == null ? '' : `${value.toFixed(2)}x`);

function describe(record: BenchRecord): string {
  const { adapter, roofline, method, precision, entries, refused, notes, summary } = record;
  const withPeers = entries.some(({ peers }) => peers);
  const header = ['', 'shape', 'variant', 'ms', '±', 'GFLOP/s', 'of roofline'];
  if (withPeers) header.push('ORT WebGPU', '', 'ORT CPU', '');
  const rows = entries.map((entry) => [...rowOf(entry), ...(withPeers ? peersOf(entry) : [])]);
  const lines = [
    `${adapter.name} (${adapter.kind}, ${adapter.backend}, ${precision ?? 'f32'}): ` +
      (roofline
        ? `copies ${digits(roofline.copyGBs)} GB/s, multiplies and adds ${digits(roofline.fmaGflops)} GFLOP/s; `
        : '') +
      `kernels timed by ${method === 'batched' ? 'batches' : method}`,
    '',
    table([header, ...rows]),
  ];
  if (refused.length > 0) {
    lines.push('', 'Not timed:');
    lines.push(...refused.map(({ family, shape, reason }) => `  ${family} ${shape}: ${reason}`));
  }
  if (summary.geomeanVsOrtWebgpu !== null) {
    lines.push(
      '',
      `Against ONNX Runtime’s WebGPU: ${times(summary.geomeanVsOrtWebgpu)} by geometric mean; ` +
        `${summary.worstFamily} least, ${times(summary.worstFamilyVsOrtWebgpu)}.`,
    );
  }
  if (summary.ratio64) lines.push('', `64 sessions give ${times(summary.ratio64)} the frames of one in sum.`);
  if (summary.playersAt24) {
    lines.push(
      `${summary.playersAt24} players get 24 frames/s each, 99 in 100 within ${milliseconds(summary.latenessP99!)} ms.`,
    );
  }
  if (summary.faults) {
    const { faults, survived, recoveryP50: half, recoveryP99: most } = summary;
    lines.push(
      '',
      `${survived} of ${faults} faults in a cluster survived: every player went on, with the frames that came without them.`,
    );
    if (half && most) {
      lines.push(
        `Who lost a node saw the next frame after ${milliseconds(half)} ms (median), 99 in 100 within ${milliseconds(most)} ms.`,
      );
    }
  }
  const remarks = entries.flatMap(({ family, shape, note }) => (note ? [`${family} ${shape}: ${note}`] : []));
  if (remarks.length > 0) lines.push('', ...remarks);
  if (notes.length > 0) lines.push('', ...notes);
  return lines.join('\n');
}

function rowOf({ family, shape, variant, choice, ms, spread, gflops, share }: BenchEntry): string[] {
  return [
    family,
    shape,
    choice === 'tuned' ? `${variant} *` : variant,
    milliseconds(ms),
    `${(100 * spread).toFixed(0)} %`,
    gflops === undefined ? '' : digits(gflops),
    share === undefined ? '' : `${(100 * share).toFixed(0)} %`,
  ];
}

function peersOf({ ms, peers }: BenchEntry): string[] {
  const { ortWebgpu, ortCpu } = peers ?? {};
  return [
    milliseconds(ortWebgpu),
    times(ortWebgpu && ortWebgpu / ms),
    milliseconds(ortCpu),
    times(ortCpu && ortCpu / ms),
  ];
}

function describeComparison({ differences, geomean, onlyBefore, onlyAfter, warnings }: Comparison): string {
  const rows = differences.map(({ family, shape, variants, ms, speedup, clear }) => [
    family,
    shape,
    variants[0] === variants[1] ? variants[1] : `${variants[0]} -> ${variants[1]}`,
    milliseconds(ms[0]),
    milliseconds(ms[1]),
    times(speedup),
    clear ? '' : 'within the spread',
  ]);
  return [
    ...warnings.map((warning) => `Beware: ${warning}`),
    table([['', 'shape', 'variant', 'before', 'after', 'faster', ''], ...rows]),
    `Geometric mean: ${times(geomean) || 'nothing in common'}.`,
    ...onlyBefore.map((key) => `Only before: ${key}`),
    ...onlyAfter.map((key) => `Only after: ${key}`),
  ].join('\n');
}
