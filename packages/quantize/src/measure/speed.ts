import type { WorldConfig, WorldFile } from '@snowglobe/model';
import type { ExecutorKind } from '@snowglobe/runtime';
import { World, openExecutor } from '@snowglobe/runtime';

/** How fast a world plays, and what it takes. */
export interface Speed {
  /** By executor. */
  readonly framesPerSecond: Readonly<Partial<Record<ExecutorKind, number>>>;
  /**
   * Bytes of the weights as the executor holds them, and of the intermediate results that are held at once; the latter as
   * WebGPU's memory plan says, and left out where that executor was not asked.
   */
  readonly peakBytes: number;
  /** Bytes that a session carries from frame to frame: most of them the KV cache. */
  readonly stateBytes: number;
}

/** Longest time that frames of one executor are drawn for, and the most of them. */
const longestMs = 2000;
const mostFrames = 60;

/**
 * Plays a world on some executors of this machine, in the way a player would: a frame after the other.
 * @param prompt (H, W, 3) in −1 … 1
 */
export async function measureSpeed(
  file: WorldFile<WorldConfig>,
  prompt: Float32Array,
  executors: readonly ExecutorKind[],
): Promise<Speed> {
  const framesPerSecond: Partial<Record<ExecutorKind, number>> = {};
  let [peakBytes, stateBytes] = [0, 0];
  const { width, height } = file.metadata.config;
  const data = Uint8Array.from(prompt, (value) => Math.round((value + 1) * 127.5));
  for (const kind of executors) {
    const world = await World.create(file, 'world', () => openExecutor({ executor: kind }));
    try {
      const play = await world.start({ prompt: { width, height, data }, seed: 1 });
      const first = await play.step(0);
      const started = performance.now();
      let frames = 0;
      // An executor without a compiler, such as the reference, is as fast at first as later.
      if (first.ms < longestMs) {
        while (performance.now() - started < longestMs && frames < mostFrames) {
          await play.step(0);
          frames += 1;
        }
      }
      framesPerSecond[kind] = frames > 0 ? (1000 * frames) / (performance.now() - started) : 1000 / first.ms;
      peakBytes = Math.max(peakBytes, world.stats.weightBytes + world.stats.peakBytes);
      stateBytes = world.stats.stateBytes;
    } finally {
      await world.close();
    }
  }
  return { framesPerSecond, peakBytes, stateBytes };
}
