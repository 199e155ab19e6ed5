import type { Executor, ExecutorKind } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { bytesOfPixels } from '@snowglobe/model/internal';
import type { OpenExecutorOptions } from '@snowglobe/runtime';
import { openExecutor, World } from '@snowglobe/runtime';

/** How fast a world plays, and what it takes. */
export interface Speed {
  /** By executor; one that ran out of its time is left out. */
  readonly framesPerSecond: Readonly<Partial<Record<ExecutorKind, number>>>;
  /**
   * Bytes of the weights as the executor holds them, and of the intermediate results that are held at once; the latter as
   * WebGPU's memory plan says, and left out where that executor was not asked.
   */
  readonly peakBytes: number;
  /** Bytes that a session carries from frame to frame: most of them the KV cache. */
  readonly stateBytes: number;
}

/** Longest time that frames of one world are sampled for on one executor, and the most of them. */
const longestMs = 2000;
const mostFrames = 60;
/** All worlds together on one executor, most of it a software adapter's compiler: 15 minutes. */
const longestInAllMs = 15 * 60_000;

export interface SpeedOptions {
  /** Threads of the CPU; default one a core. */
  readonly threads?: number | undefined;
  /** Time that an executor has for all worlds; those that come later are not played on it. Default 15 minutes. */
  readonly longestInAllMs?: number;
  /** Opens executors; default those of this machine. */
  readonly open?: (options: OpenExecutorOptions) => Promise<Executor>;
}

/**
 * Plays worlds on some executors of this machine, in the way a player would: a frame after the other, for two seconds. Executors stay
 * open in between, so that a driver compiles only what is new in each world, and worlds whose weights lie alike are played once:
 * they are as fast as each other, whatever their weights were rounded to.
 */
export class SpeedEvaluator {
  readonly #executors = new Map<ExecutorKind, Executor>();
  readonly #known = new Map<string, Measured>();

  readonly #spentMs = new Map<ExecutorKind, number>();
  #closed = false;

  /** @param prompt (H, W, 3) in −1 … 1 */
  constructor(
    private readonly prompt: Float32Array,
    private readonly options: SpeedOptions = {},
  ) {}

  /** @throws SnowglobeError when there is no such executor on this machine */
  async measure(file: WorldFile, kinds: readonly ExecutorKind[]): Promise<Speed> {
    const { formats, weights, kvCache } = file.metadata.quantization ?? {};
    const framesPerSecond: Partial<Record<ExecutorKind, number>> = {};
    let [peakBytes, stateBytes] = [0, 0];
    for (const kind of kinds) {
      const key = JSON.stringify({ kind, formats, weights, kvCache });
      let played = this.#known.get(key);
      if (!played) {
        const spentMs = this.#spentMs.get(kind) ?? 0;
        if (spentMs >= (this.options.longestInAllMs ?? longestInAllMs)) continue;
        const started = performance.now();
        played = await this.play(file, kind);
        this.#known.set(key, played);
        this.#spentMs.set(kind, spentMs + performance.now() - started);
      }
      framesPerSecond[kind] = played.framesPerSecond;
      peakBytes = Math.max(peakBytes, played.peakBytes);
      stateBytes = played.stateBytes;
    }
    return { framesPerSecond, peakBytes, stateBytes };
  }

  /** Frees the executors; nothing can be measured afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const executor of this.#executors.values()) await executor.close();
    this.#executors.clear();
  }

  private async play(file: WorldFile, kind: ExecutorKind): Promise<Measured> {
    const { width, height } = file.metadata.config;
    const data = bytesOfPixels(this.prompt);
    const world = await World.create(file, 'world', () => this.open(kind));
    try {
      const session = await world.start({ prompt: { width, height, data }, seed: 1 });
      const first = await session.step(0);
      const started = performance.now();
      let frames = 0;
      // The first frame is the compiler's, but where there is none: the reference is as fast at first as later.
      if (kind !== 'reference' || first.ms < longestMs) {
        do {
          await session.step(0);
          frames += 1;
        } while (performance.now() - started < longestMs && frames < mostFrames);
      }
      const { weightBytes, peakBytes, stateBytes } = world.stats;
      return {
        framesPerSecond: 1000 / (frames > 0 ? (performance.now() - started) / frames : first.ms),
        peakBytes: weightBytes + peakBytes,
        stateBytes,
      };
    } finally {
      await world.close();
    }
  }

  /** An executor that worlds do not close. */
  private async open(kind: ExecutorKind): Promise<Executor> {
    if (this.#closed) throw new SnowglobeError('speed: its evaluator is closed; make another one.');
    let executor = this.#executors.get(kind);
    if (!executor) {
      const { threads, open = openExecutor } = this.options;
      executor = await open({ executor: kind, ...(threads !== undefined && { threads }) });
      this.#executors.set(kind, executor);
      void executor.lost.then(() => this.#executors.delete(kind));
    }
    const { device, lost } = executor;
    return {
      ...{ kind, device, lost },
      createStore: () => executor.createStore(),
      compile: (graph, options) => executor.compile(graph, options),
      close: () => Promise.resolve(),
    };
  }
}

/** One world on one executor. */
interface Measured {
  readonly framesPerSecond: number;
  readonly peakBytes: number;
  readonly stateBytes: number;
}
