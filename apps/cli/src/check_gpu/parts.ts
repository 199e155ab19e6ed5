/** What `snowglobe check-gpu` runs, in order: each part is a command line of its own. */

/** The answers of the parts before that decide what a part does. */
export interface Known {
  /** The adapter by its whole name; undefined where none was found. */
  readonly adapter: string | undefined;
  readonly isSoftware: boolean;
  readonly hasF16: boolean;
  /** The world that is timed and tuned for. */
  readonly world: string;
}

export interface Part {
  readonly name: string;
  /** What it does, in a few words. */
  readonly title: string;
  /** By which share of the whole time it has to be over; what earlier parts left is its own. */
  readonly until: number;
  /** Time that it gets in any case, in minutes. Default 0. */
  readonly leastMinutes?: number;
  /** False for what finds out which adapter there is. Default true. */
  readonly needsAdapter?: boolean;
  /**
   * Arguments of the command, or a sentence why it cannot run.
   * @param minutes until the part has to be over
   * @param file a path in the folder of records
   */
  args(known: Known, minutes: number, file: (name: string) => string): readonly string[] | string;
}

/** Minutes within which training learns something: below, the smallest preset is all that fits. */
const tinyMinutes = 2;
/** Simulated games that are trained on: 16 clips of 100 frames each. */
const games = ['platformer', ...Array.from({ length: 11 }, (_, seed) => `platformer:${seed + 1}`)];

/** The rest of training's time goes into compiling, measuring motion and encoding recordings. */
const trainedShare = 0.55;

const minutesOf = (minutes: number): string => Math.max(0.05, minutes).toFixed(2);
/** A share of a part's time stays for starting and for writing what it found. */
const inTime = (minutes: number): string => minutesOf(minutes * 0.85);
const device = ({ adapter }: Known): string[] => ['--device', adapter!];

export const parts: readonly Part[] = [
  {
    name: 'devices',
    title: 'adapters and their features',
    until: 0.05,
    leastMinutes: 0.5,
    needsAdapter: false,
    args: () => ['devices', '--all'],
  },
  {
    name: 'check',
    title: 'every variant of every kernel against the reference',
    until: 0.25,
    args: (known, minutes, file) => [
      ...['check', ...device(known), '--minutes', inTime(minutes), '--out', file('check.jsonl')],
    ],
  },
  {
    name: 'bench-kernels',
    title: 'kernels beside ONNX Runtime',
    until: 0.45,
    args: (known, minutes, file) => [
      ...['bench', '--suite', 'kernels', '--peers', ...device(known)],
      ...['--minutes', inTime(minutes), '--out', file('bench-kernels.json')],
    ],
  },
  {
    name: 'bench-model',
    title: 'a whole frame and cold starts beside ONNX Runtime',
    until: 0.52,
    args: (known, minutes, file) => [
      ...['bench', '--suite', 'model,cold-start', '--peers', '--world', known.world, ...device(known)],
      ...['--minutes', inTime(minutes), '--out', file('bench-model.json')],
    ],
  },
  {
    name: 'tune',
    title: 'the fastest variant for each kernel of a world',
    until: 0.62,
    args: (known) => ['tune', known.world, ...device(known)],
  },
  {
    name: 'bench-tuned',
    title: 'kernels and a whole frame once more, tuned',
    until: 0.75,
    args: (known, minutes, file) => [
      ...['bench', '--suite', 'kernels,model', '--tune', '--world', known.world, ...device(known)],
      ...['--minutes', inTime(minutes), '--out', file('bench-tuned.json')],
    ],
  },
  {
    name: 'bench-f16',
    title: 'kernels in half precision',
    until: 0.8,
    args: (known, minutes, file) =>
      known.hasF16
        ? [
            ...['bench', '--suite', 'kernels', '--precision', 'f16', '--tune', ...device(known)],
            ...['--minutes', inTime(minutes), '--out', file('bench-f16.json')],
          ]
        : `${known.adapter} has no shader-f16`,
  },
  {
    name: 'train',
    title: 'a world from a simulated game',
    until: 1,
    args: ({ isSoftware }, minutes, file) => {
      const isSmall = isSoftware || minutes < tinyMinutes;
      return [
        ...['train', ...games.slice(0, isSmall ? 2 : games.length), '--preset', isSmall ? 'micro' : 'tiny'],
        // A driver that computes on the CPU would not get through the first stage.
        ...['--minutes', minutesOf(minutes * trainedShare), '--executor', isSoftware ? 'onnx' : 'webgpu'],
        ...['--out', file('world.safetensors'), '--run', file('train')],
      ];
    },
  },
];
