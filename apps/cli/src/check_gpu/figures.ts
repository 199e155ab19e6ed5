import { stoppedNote } from '@snowglobe/bench/internal';

/** The headline figures of a part's answer; none where it has none. */
export function figuresOf(name: string, answer: unknown): Record<string, number | string> {
  const figures = Object.entries(readers[name]?.(answer as never) ?? {});
  return Object.fromEntries(
    figures.filter(
      (entry): entry is [string, number | string] => entry[1] !== undefined && entry[1] !== null,
    ),
  );
}

/** Whether an answer says itself that its time did not suffice for all. */
export function isPartial(name: string, answer: unknown): boolean {
  const {
    summary,
    notes = [],
    entries = [],
  } = (answer ?? {}) as {
    readonly summary?: { readonly notReached?: number };
    readonly notes?: readonly string[];
    readonly entries?: readonly unknown[];
  };
  if (name === 'train') return (answer as TrainAnswer | undefined)?.world == null;
  if (name === 'check') return (summary?.notReached ?? 0) > 0;
  return name.startsWith('bench') && (notes.includes(stoppedNote) || entries.length === 0);
}

type Figures = Record<string, number | string | null | undefined>;

interface BenchAnswer {
  readonly entries?: readonly { readonly family?: string; readonly gflops?: number; readonly ms?: number }[];
  readonly refused?: readonly unknown[];
  readonly summary?: { readonly geomeanVsOrtWebgpu?: number | null };
}

function ofBench({ entries = [], refused = [], summary }: BenchAnswer): Figures {
  const frame = entries.find(({ family }) => family === 'frame');
  const gflops = entries.flatMap((entry) => entry.gflops ?? []);
  return {
    timed: entries.length,
    'not timed': refused.length,
    'best GFLOP/s': gflops.length > 0 ? Math.max(...gflops) : undefined,
    'ms a frame': frame?.ms,
    'times ONNX Runtime’s WebGPU': summary?.geomeanVsOrtWebgpu,
  };
}

interface TrainAnswer {
  readonly world?: string | null;
  readonly stages?: Readonly<Record<string, { readonly steps?: number; readonly framesPerSecond?: number }>>;
}

const readers: Readonly<Record<string, (answer: never) => Figures>> = {
  devices: ({ devices = [] }: { readonly devices?: readonly unknown[] } = {}) => ({
    adapters: devices.length,
  }),
  check: ({ summary }: { readonly summary?: Record<string, number> } = {}) => summary ?? {},
  'bench-kernels': (answer: BenchAnswer = {}) => ofBench(answer),
  'bench-model': (answer: BenchAnswer = {}) => ofBench(answer),
  'bench-tuned': (answer: BenchAnswer = {}) => ofBench(answer),
  'bench-f16': (answer: BenchAnswer = {}) => ofBench(answer),
  tune: ({ tuned = [] }: { readonly tuned?: readonly unknown[] } = {}) => ({ kernels: tuned.length }),
  train: ({ world, stages = {} }: TrainAnswer = {}) => {
    const [last, figures] = Object.entries(stages).at(-1) ?? [];
    return {
      world: world ? 'written' : 'not finished',
      steps: Object.values(stages).reduce((sum, { steps = 0 }) => sum + steps, 0),
      ...(figures && { [`frames/s of ${last}`]: figures.framesPerSecond }),
    };
  },
};
