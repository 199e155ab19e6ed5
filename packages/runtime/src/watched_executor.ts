import type { CompileOptions, Executor, Graph, Program, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { afterSilence } from './after_silence.js';
import { WrappedStores } from './wrapped_stores.js';

/** How many times as long as it took before a run may take. */
const patience = 20;
/** How many times as long a program's first run may take: drivers compile then. */
const firstRun = 4;

/**
 * An executor that is lost when a run or a read of it does not end: other devices can then do what it was asked for. Nothing is waited for that is under
 * way on it, not even when it is closed.
 * @param limitMs how long a run may take; one of a program that took long before may take longer
 */
export class WatchedExecutor implements Executor {
  readonly kind: Executor['kind'];
  readonly device: string;
  readonly lost: Promise<SnowglobeError>;
  readonly #inner: Executor;
  readonly #limitMs: number;
  readonly #stores = new WrappedStores();
  readonly #waiting = new Set<(error: SnowglobeError) => void>();
  #hung: SnowglobeError | undefined;
  #end!: (error: SnowglobeError) => void;

  constructor(inner: Executor, limitMs: number) {
    this.#inner = inner;
    this.#limitMs = limitMs;
    this.kind = inner.kind;
    this.device = inner.device;
    this.lost = new Promise((resolve) => (this.#end = resolve));
    void inner.lost.then((error) => this.#end(error));
  }

  createStore(): VariableStore {
    this.#check();
    const inner = this.#inner.createStore();
    return this.#stores.wrap(inner, {
      write: (...given) => {
        this.#check();
        inner.write(...given);
      },
      read: (name) => this.#watch(() => inner.read(name), this.#limitMs),
    });
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    this.#check();
    const store = options.store && this.#stores.within(options.store);
    if (options.store && !store) {
      throw new SnowglobeError(
        'compile: the store belongs to another executor; use createStore() of this one.',
      );
    }
    const program = await this.#unlessGivenUp(
      this.#inner.compile(graph, { ...options, ...(store && { store }) }),
    );
    this.#check();
    let longest = firstRun * this.#limitMs;
    return {
      store: options.store ?? program.store,
      stats: program.stats,
      run: async (...given) => {
        const began = performance.now();
        const outputs = await this.#watch(() => program.run(...given), longest);
        longest = Math.max(this.#limitMs, patience * (performance.now() - began));
        return outputs;
      },
      close: () => this.#unlessHung(program.close()),
    };
  }

  close(): Promise<void> {
    return this.#unlessHung(this.#inner.close());
  }

  /** What is closed waits for what is under way, which may never end. */
  async #unlessHung(closing: Promise<void>): Promise<void> {
    closing.catch(() => {});
    if (!this.#hung) await Promise.race([closing, this.#hanging().news]);
  }

  /** Resolves when it is found to hang. @returns how to stop listening */
  #hanging(): { readonly news: Promise<SnowglobeError>; stop(): void } {
    let tell!: (error: SnowglobeError) => void;
    const news = new Promise<SnowglobeError>((resolve) => (tell = resolve));
    this.#waiting.add(tell);
    return { news, stop: () => this.#waiting.delete(tell) };
  }

  async #watch<T>(work: () => Promise<T>, limitMs: number): Promise<T> {
    this.#check();
    const stop = afterSilence(limitMs, () => this.#hang(limitMs));
    try {
      return await this.#unlessGivenUp(work());
    } finally {
      stop();
    }
  }

  /** What is under way when the device is given up ends with that; so does what fails as the one within is closed then. */
  async #unlessGivenUp<T>(done: Promise<T>): Promise<T> {
    const { news, stop } = this.#hanging();
    done.catch(() => {});
    try {
      return await Promise.race([
        done,
        news.then((error) => {
          throw error;
        }),
      ]);
    } catch (error) {
      throw this.#hung ?? error;
    } finally {
      stop();
    }
  }

  #hang(limitMs: number): void {
    if (this.#hung) return;
    this.#hung = new SnowglobeError(
      `device '${this.device}' was given up (a run did not end within ${Math.round(limitMs / 1000)} s); open it again or move to another one.`,
    );
    for (const tell of this.#waiting) tell(this.#hung);
    this.#end(this.#hung);
    this.#inner.close().catch(() => {});
  }

  #check(): void {
    if (this.#hung) throw this.#hung;
  }
}
