import type { TunedNode } from '@snowglobe/runtime/internal';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { countProgress } from '../progress.js';
import { table } from '../text.js';

interface Options {
  readonly world: string;
  readonly device?: string;
  readonly again?: true;
}

/** Finds the fastest kernels for a world on this machine's adapter, and remembers them. */
export const tune: Command<Options> = {
  name: 'tune',
  summary: 'find the fastest kernels for an adapter, and remember them',
  description:
    'Tries every variant of every kernel in a world, checks its results, times it, and remembers the fastest by adapter, ' +
    'driver and shader in the cache folder. Worlds opened afterwards use what was found.',
  examples: [
    ['tune', 'for the default world on the best adapter'],
    ['tune my-game.safetensors --device llvmpipe', 'for a world of one’s own'],
  ],
  stopsInOrder: true,
  configure(command) {
    command
      .argument('[world]', 'name of a world, or path of its file')
      .option('--world <world>', 'name of a world, or path of its file', 'coinrun')
      .option('--device <name>', 'part of the name of the adapter (default: SNOWGLOBE_DEVICE, else the best)')
      .option('--again', 'measure also what is known already');
  },
  async run({ args, options, json, note, signal }) {
    const world = args[0] ?? options.world;
    if (typeof world !== 'string') throw new UsageError('Say which world: tune NAME');
    const [runtime, plumbing, { SnowglobeError }] = await Promise.all([
      import('@snowglobe/runtime'),
      import('@snowglobe/runtime/internal'),
      import('@snowglobe/graph'),
    ]);
    const { discoverDevices, findWorld, readWorldFile } = runtime;
    const { checkWeights, chooseDevice, emptyTuning, tuneGraph, tuningFiles, withEntries } = plumbing;
    const worldPath = await findWorld(world);
    const file = await readWorldFile(worldPath);
    const wanted = options.device ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
    const { candidates, notes } = await discoverDevices({ software: wanted === undefined ? 'auto' : 'all' });
    const { chosen } = chooseDevice(candidates, wanted);
    if (!chosen) throw new SnowglobeError(`tune: no WebGPU adapter was found (${notes.join(' ')}).`);
    const store = tuningFiles();
    const known = await store.load(chosen.description).catch((error: Error) => void note(error.message));
    let tuning = known ?? emptyTuning(chosen.description);
    const opened = await chosen.open();
    const oracle = runtime.createNodeOnnxExecutor();
    let counter: ReturnType<typeof countProgress> | undefined;
    let tuned: readonly TunedNode[] = [];
    const found: TunedNode[] = [];
    try {
      tuned = await tuneGraph(opened, checkWeights(file, worldPath), {
        signal,
        oracle,
        onTuned: (node) => void found.push(node),
        ...(!options.again && { known: new Set(tuning.entries.map(({ key }) => key)) }),
        onNode: ({ done, total }) => {
          if (json) return;
          counter ??= countProgress('kernels', total);
          counter.at(done);
        },
      });
    } finally {
      counter?.stop();
      opened.close();
      await oracle.close();
      // Also where the device was lost on the way: what was found before is true.
      tuning = withEntries(
        tuning,
        found.map(({ entry }) => entry),
      );
      await store.save(tuning);
    }
    const kept = store.pathOf(tuning.adapter);
    return {
      json: { path: kept, adapter: tuning.adapter, tuned, known: tuning.entries.length },
      text: describe(tuned, kept),
    };
  },
};

function describe(tuned: readonly TunedNode[], path: string): string {
  if (tuned.length === 0) return `Nothing new to tune; ${path} knows all kernels of this world.`;
  const rows = tuned.map(({ entry, tried }) => {
    const [op, , shapes] = JSON.parse(entry.key) as [string, unknown, string[]];
    const faster = entry.defaultMs / entry.ms;
    return [
      op,
      shapes.join(' '),
      entry.variant,
      `${entry.ms.toPrecision(3)} ms`,
      entry.variant === entry.defaultVariant
        ? 'first choice'
        : `${faster.toFixed(2)}x of ${entry.defaultVariant}`,
      tried
        .filter(({ dropped }) => dropped && dropped !== 'slow')
        .map(({ variant, dropped }) => `${variant} ${dropped}`)
        .join('; '),
    ];
  });
  return `${table(rows)}\nKept in ${path}.`;
}
