import type { OpenExecutor, Session } from '@snowglobe/runtime';
import {
  World,
  createNodeOnnxExecutor,
  createWebgpuExecutor,
  findWorld,
  readWorldFile,
} from '@snowglobe/runtime';
import { withDriversOf } from '@snowglobe/runtime/internal';
import type { Contender } from '../measure/sampling.js';
import { sampleSideBySide } from '../measure/sampling.js';
import type { BenchEntry } from '../record/types.js';
import type { SuiteContext, SuiteResult } from './options.js';

/** A whole frame of a world: on the adapter, on the CPU, and by peers from the same graph. */
export async function modelSuite(context: SuiteContext): Promise<SuiteResult> {
  const {
    opened,
    reopen,
    chooseVariant,
    openPeer,
    threads,
    filter,
    signal,
    onStart,
    onEntry,
    world: worldName,
  } = context;
  if (filter && !filter.test('frame')) return { entries: [], refused: [], notes: [] };
  const file = await readWorldFile(await findWorld(worldName));
  const { width, height } = file.metadata.config;
  const adapter = opened.description.name;
  const executors: [name: 'webgpu' | 'onnx' | 'ortWebgpu', open: OpenExecutor][] = [
    ['webgpu', async () => createWebgpuExecutor(await reopen(), chooseVariant ? { chooseVariant } : {})],
    ['onnx', async () => createNodeOnnxExecutor({ threads })],
  ];
  if (openPeer)
    executors.push(['ortWebgpu', async () => createNodeOnnxExecutor({ threads, providers: ['webgpu'] })]);
  const notes: string[] = [];
  const worlds: World[] = [];
  const contenders: Contender[] = [];
  try {
    for (const [index, [name, open]] of executors.entries()) {
      signal?.throwIfAborted();
      onStart?.(`frame on ${name}`, index, executors.length);
      try {
        const create = () => World.create(file, worldName, open);
        const world = name === 'ortWebgpu' ? await withDriversOf(adapter, create) : await create();
        worlds.push(world);
        contenders.push({ name, run: stepper(world, width, height) });
      } catch (error) {
        notes.push(`frame on ${name}: ${(error as Error).message.slice(0, 300)}`);
      }
    }
    const samples = await sampleSideBySide(contenders, {
      maxSeconds: openPeer ? 4 : 1.5,
      minSamples: 6,
      ...(signal && { signal }),
    });
    const medianOf = (name: string): number | undefined =>
      samples[contenders.findIndex((each) => each.name === name)]?.median;
    const [ortWebgpu, ortCpu] = [medianOf('ortWebgpu'), medianOf('onnx')];
    if (ortWebgpu !== undefined) {
      notes.push('frame: ONNX Runtime keeps a session’s state on the host, as its JavaScript API gives it.');
    }
    const entries = contenders.flatMap(({ name }, index): BenchEntry[] => {
      if (name === 'ortWebgpu') return [];
      const { ms, median, spread } = samples[index]!;
      return [
        {
          suite: 'model',
          family: 'frame',
          shape: `${worldName} ${width}x${height}`,
          dtype: 'f32',
          variant: name,
          choice: name === 'webgpu' && chooseVariant ? 'tuned' : 'default',
          ms: median,
          spread,
          samples: [...ms],
          repeats: 1,
          ...(openPeer &&
            name === 'webgpu' && {
              peers: {
                ...(ortWebgpu !== undefined && { ortWebgpu }),
                ...(ortCpu !== undefined && { ortCpu }),
              },
            }),
        },
      ];
    });
    entries.forEach((entry) => onEntry?.(entry));
    return { entries, refused: [], notes };
  } finally {
    for (const world of worlds) await world.close();
  }
}

/** Samples the next frame of a session that begins on a grey picture. */
function stepper(world: World, width: number, height: number): () => Promise<unknown> {
  let session: Promise<Session> | undefined;
  return async () => {
    session ??= world.start({
      prompt: { width, height, data: new Uint8Array(width * height * 4).fill(128) },
      seed: 1,
    });
    return (await session).step(0);
  };
}
