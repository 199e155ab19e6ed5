import type { DeviceReport } from '@snowglobe/runtime';
import type { Command } from '../command.js';
import { numberIn } from '../options.js';
import { programVersion } from '../version.js';
import type { Known, Part } from '../check_gpu/parts.js';
import type { PartOutcome } from '../check_gpu/run_part.js';
import type { PartReport, Summary } from '../check_gpu/summary.js';

interface Options {
  readonly minutes: number;
  readonly out: string;
  readonly device?: string;
}

/** Checks, measures, tunes and trains on an adapter, and leaves a folder of records. */
export const checkGpu: Command<Options> = {
  name: 'check-gpu',
  summary: 'check, measure, tune and train on an adapter, within some minutes',
  description:
    'One after the other, each in a process of its own: adapters and their features; every variant of every kernel against the ' +
    'reference; the bench beside ONNX Runtime; tuning, and the bench once more; a world trained for the minutes left. Whatever fails, ' +
    'the rest goes on. The folder is written as it goes; summary.json says what was done, what failed and why.',
  examples: [
    ['check-gpu', 'ten minutes on the best adapter, records in gpu-records'],
    ['check-gpu --minutes 3 --device llvmpipe --out lavapipe', 'three minutes on an adapter by name'],
  ],
  stopsInOrder: true,
  configure(command) {
    command
      .option('--minutes <n>', 'time for all of it', numberIn(0.5, 1440), 10)
      .option('--out <folder>', 'where records go; made where it is missing', 'gpu-records')
      .option(
        '--device <name>',
        'part of the name of the adapter (default: SNOWGLOBE_DEVICE, else the best)',
      );
  },
  async run({ options, note, signal }) {
    const [{ mkdtemp, rm }, { join, resolve }, { tmpdir }, { makeFolder, writeFileAtomically }] =
      await Promise.all([
        import('node:fs/promises'),
        import('node:path'),
        import('node:os'),
        import('@snowglobe/runtime/internal'),
      ]);
    const [{ parts }, { figuresOf, isPartial }, { runPart }, { describe, summarize }] = await Promise.all([
      import('../check_gpu/parts.js'),
      import('../check_gpu/figures.js'),
      import('../check_gpu/run_part.js'),
      import('../check_gpu/summary.js'),
    ]);
    const folder = resolve(options.out);
    await makeFolder(join(folder, 'logs'));
    const file = (name: string): string => join(folder, name);
    const save = (name: string, value: unknown): Promise<void> =>
      writeFileAtomically(file(name), new TextEncoder().encode(`${JSON.stringify(value, undefined, 1)}\n`));

    // Not the user's cache: what is tuned here is measured here.
    const scratch = await mkdtemp(join(tmpdir(), 'snowglobe-check-'));
    const environment = {
      SNOWGLOBE_CACHE: scratch,
      ...(options.device && { SNOWGLOBE_DEVICE: options.device }),
    };
    const program = [process.execPath, ...process.execArgv, process.argv[1]!] as const;
    const started = performance.now();
    const minutesLeft = ({ until, leastMinutes = 0 }: Part): number =>
      Math.max(leastMinutes, options.minutes * until - (performance.now() - started) / 60_000);

    let known: Known = { adapter: undefined, isSoftware: false, hasF16: false, world: await timedWorld() };
    const reports: PartReport[] = [];
    let summary: Summary | undefined;
    try {
      for (const part of parts) {
        const { name, title } = part;
        const minutes = minutesLeft(part);
        const args = whyNot(part, known, minutes, signal) ?? part.args(known, minutes, file);
        let outcome: PartOutcome;
        if (typeof args === 'string') {
          outcome = { state: 'left out', seconds: 0, reason: args };
        } else {
          note(`${name}: ${title}, for ${minutes.toFixed(1)} minutes at most`);
          const log = join(folder, 'logs', `${name}.log`);
          outcome = await runPart(args, { program, environment, limitMs: minutes * 60_000, log, signal });
        }
        const { answer, ...rest } = outcome;
        const state = rest.state === 'done' && isPartial(name, answer) ? 'done in part' : rest.state;
        if (name === 'devices' && answer !== undefined) known = { ...known, ...adapterOf(answer) };
        reports.push({
          ...{ name, title },
          ...(typeof args !== 'string' && { command: `snowglobe ${args.join(' ')}` }),
          ...rest,
          state,
          figures: figuresOf(name, answer),
        });
        // Those that write no file of their own.
        if (answer !== undefined && ['devices', 'tune', 'train'].includes(name))
          await save(`${name}.json`, answer);
        summary = summarize(reports, { program: await programVersion(), minutes: options.minutes, known });
        await save('summary.json', summary);
        note(`${name}: ${state}${outcome.reason ? `, ${outcome.reason}` : ''}`);
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    return { json: { folder, ...summary }, text: describe(summary!, folder) };
  },
};

/** Why a part is left out whatever it does, in a sentence. */
function whyNot(part: Part, known: Known, minutes: number, signal: AbortSignal): string | undefined {
  if (signal.aborted) return 'the check was stopped';
  if (part.needsAdapter !== false && known.adapter === undefined) return 'no WebGPU adapter was found';
  return minutes <= 0 ? 'earlier parts took its time' : undefined;
}

/** The adapter that was chosen. */
function adapterOf(answer: unknown): Partial<Known> {
  const { devices = [] } = answer as { readonly devices?: readonly DeviceReport[] };
  const chosen = devices.find((device) => device.chosen);
  if (!chosen) return {};
  return {
    adapter: chosen.name,
    isSoftware: chosen.kind === 'software',
    hasF16: chosen.features.includes('shader-f16'),
  };
}

/** The default world, or in an archive that leaves it out for its size, its quantized form. */
async function timedWorld(): Promise<string> {
  const { findWorld } = await import('@snowglobe/runtime');
  return findWorld('coinrun').then(
    () => 'coinrun',
    () => 'coinrun-int4',
  );
}
