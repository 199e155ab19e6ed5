import { World, createWebgpuExecutor, findWorld, readWorldFile } from '@snowglobe/runtime';
import { summarize } from '../measure/sampling.js';
import type { BenchEntry } from '../record/types.js';
import type { SuiteContext, SuiteResult } from './options.js';

const samples = 3;
/** Where a start takes seconds, two samples have to do. */
const enoughMs = 8000;

/** What someone waits for: a device, the world compiled on it, its first frame. A device of its own each time. */
export async function coldStartSuite(context: SuiteContext): Promise<SuiteResult> {
  const { reopen, chooseVariant, filter, signal, onStart, onEntry, world: worldName } = context;
  if (filter && !filter.test('cold-start')) return { entries: [], refused: [], notes: [] };
  const file = await readWorldFile(await findWorld(worldName));
  const { width, height } = file.metadata.config;
  const prompt = { width, height, data: new Uint8Array(width * height * 4).fill(128) };
  const times = { device: [] as number[], compile: [] as number[], 'first frame': [] as number[] };
  const started = performance.now();
  for (let sample = 0; sample < samples; sample++) {
    if (sample >= 2 && performance.now() - started > enoughMs) break;
    signal?.throwIfAborted();
    onStart?.('cold start', sample, samples);
    const began = performance.now();
    const opened = await reopen();
    const found = performance.now();
    const executor = createWebgpuExecutor(opened, chooseVariant ? { chooseVariant } : {});
    const world = await World.create(file, worldName, async () => executor);
    const compiled = performance.now();
    await (await world.start({ prompt, seed: 1 })).step(0);
    times.device.push(found - began);
    times.compile.push(compiled - found);
    times['first frame'].push(performance.now() - compiled);
    await world.close();
  }
  const entries = Object.entries(times).map(([shape, values]): BenchEntry => {
    const { ms, median, spread } = summarize(values);
    return {
      suite: 'cold-start',
      family: 'cold-start',
      shape,
      dtype: 'f32',
      variant: 'webgpu',
      choice: chooseVariant ? 'tuned' : 'default',
      ms: median,
      spread,
      samples: [...ms],
      repeats: 1,
    };
  });
  entries.forEach((entry) => onEntry?.(entry));
  return { entries, refused: [], notes: [] };
}
