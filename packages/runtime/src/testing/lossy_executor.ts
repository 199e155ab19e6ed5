import { SnowglobeError } from '@snowglobe/graph';
import type { Executor, Program, VariableStore } from '@snowglobe/graph';
import { WrappedStores } from '../wrapped_stores.js';

/** What can be under way when a device is lost; each is asked about twice, before and after it is done on the device. */
export type DeviceCall = 'compile' | 'run' | 'read' | 'write';

/**
 * An executor whose device can be lost as a GPU can: between two calls, or in one, which then is done on the device and never
 * heard of. Afterwards everything on it rejects.
 * @param breaks whether the device is lost at this moment; what it throws, the call fails with, and the device lives
 * @param hangs whether this call is never heard of again
 */
export class LossyExecutor implements Executor {
  readonly kind = 'webgpu';
  readonly device: string;
  readonly lost: Promise<SnowglobeError>;
  readonly #inner: Executor;
  readonly #breaks: (call: DeviceCall, isDone: boolean) => boolean;
  readonly #hangs: (call: DeviceCall) => boolean;
  readonly #stores = new WrappedStores();
  #end!: (error: SnowglobeError) => void;
  #error: SnowglobeError | undefined;

  constructor(
    inner: Executor,
    name: string,
    breaks: (call: DeviceCall, isDone: boolean) => boolean = () => false,
    hangs: (call: DeviceCall) => boolean = () => false,
  ) {
    this.#inner = inner;
    this.device = name;
    this.#breaks = breaks;
    this.#hangs = hangs;
    this.lost = new Promise((resolve) => (this.#end = resolve));
  }

  /** Pulls the plug. */
  lose(): void {
    this.#fail('was lost');
  }

  createStore(): VariableStore {
    this.#check();
    const inner = this.#inner.createStore();
    return this.#stores.wrap(inner, {
      write: (...given) => {
        this.#moment('write', false);
        inner.write(...given);
      },
      read: (name) => this.#do('read', () => inner.read(name)),
    });
  }

  async compile(...[graph, options]: Parameters<Executor['compile']>): Promise<Program> {
    const store = options?.store && this.#stores.within(options.store)!;
    const program = await this.#do('compile', () =>
      this.#inner.compile(graph, { ...options, ...(store && { store }) }),
    );
    return {
      store: options?.store ?? program.store,
      stats: program.stats,
      run: (...given) => this.#do('run', () => program.run(...given)),
      close: () => program.close(),
    };
  }

  async close(): Promise<void> {
    this.#fail('was closed');
    await this.#inner.close();
  }

  async #do<T>(call: DeviceCall, work: () => Promise<T>): Promise<T> {
    this.#moment(call, false);
    if (this.#hangs(call)) return new Promise(() => {});
    const result = await work();
    this.#moment(call, true);
    return result;
  }

  #moment(call: DeviceCall, isDone: boolean): void {
    if (!this.#error && this.#breaks(call, isDone)) this.lose();
    this.#check();
  }

  #check(): void {
    if (this.#error) throw this.#error;
  }

  #fail(what: string): void {
    if (this.#error) return;
    this.#error = new SnowglobeError(`device '${this.device}' ${what}.`);
    this.#end(this.#error);
  }
}
