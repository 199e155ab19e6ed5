import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { SharedState, WorkerReply, WorkerRequest } from './messages.js';

/** What a run was refused for, though ONNX Runtime has computed it. */
export class OutsideError extends Error {
  /** Place among the program's variables. */
  readonly of: number;
  readonly index: number;
  readonly rows: number;

  constructor({ of, index, rows }: { of: number; index: number; rows: number }) {
    super(`index ${index} is outside of ${rows} rows`);
    this.of = of;
    this.index = index;
    this.rows = rows;
  }
}

interface Waiting {
  resolve(data: readonly TensorData[]): void;
  reject(error: Error): void;
}

const flag = (value: number): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(4)).fill(value);

/** For so long, in ms, a process that exits waits for what a thread computes. */
const exitMs = 10_000;
/** Threads that have not ended. */
const running = new Set<SharedState>();
function stopAll(): void {
  for (const { stopped } of running) Atomics.store(stopped, 0, 1);
  for (const { busy } of running) Atomics.wait(busy, 0, 1, exitMs);
}

/** A thread with ONNX Runtime, and what it is asked. It keeps the process alive only while something is under way. */
export class WorkerLink {
  /** Resolves when the thread has ended and was not closed; by then everything that is under way, or comes later, rejects with the same. */
  readonly lost: Promise<SnowglobeError>;
  readonly #worker: Worker;
  readonly #device: string;
  readonly #shared: SharedState = { busy: flag(1), stopped: flag(0) };
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #end!: (error: SnowglobeError) => void;
  #loss: SnowglobeError | undefined;
  #closing: Promise<void> | undefined;
  #asked = 0;

  /** @param device in words, for messages */
  constructor(device: string) {
    this.#device = device;
    this.lost = new Promise((resolve) => (this.#end = resolve));
    // Found through the package's own name: source and bundle lie at different depths.
    const manifest = createRequire(import.meta.url).resolve('@snowglobe/runtime/package.json');
    // It needs none of the hooks that this process may have been started with.
    this.#worker = new Worker(join(dirname(manifest), 'workers', 'onnx.mjs'), {
      execArgv: [],
      workerData: this.#shared,
    });
    this.#worker.unref();
    if (running.size === 0) process.on('exit', stopAll);
    running.add(this.#shared);
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (reply: WorkerReply) => this.#answered(reply));
    this.#worker.on('messageerror', (error) => this.#lose(error.message));
    this.#worker.on('error', (error) => this.#lose(error.message));
    this.#worker.on('exit', (code) => this.#lose(`it exited with code ${code}`));
  }

  /** @param moved buffers that are the thread's from now on */
  ask(request: WorkerRequest, moved: readonly ArrayBuffer[] = []): Promise<readonly TensorData[]> {
    if (this.#loss) return Promise.reject(this.#loss);
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ ...request, id }, moved);
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Ends the thread, when it has done what it was asked. */
  close(): Promise<void> {
    return (this.#closing ??= this.#finish());
  }

  #finish(): Promise<void> {
    // Whoever waits for it would otherwise wait with nothing to do, which ends a process.
    this.#worker.ref();
    this.#worker.postMessage({ what: 'end' } satisfies WorkerRequest);
    return this.#ended;
  }

  #answered(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref();
    if ('data' in reply) waiting?.resolve(reply.data);
    else if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.reject(new OutsideError(reply.outside));
  }

  #lose(why: string): void {
    if (this.#loss) return;
    this.#loss = new SnowglobeError(
      this.#closing
        ? `executor '${this.#device}' was closed; open it again.`
        : `device '${this.#device}' was lost (its thread has ended: ${why.replace(/\.$/, '')}); open it again or move to another one.`,
    );
    const loss = this.#loss;
    running.delete(this.#shared);
    if (running.size === 0) process.off('exit', stopAll);
    this.#end(loss);
    // Who hears of a failure asks whether the device was lost: that is known first.
    setImmediate(() => {
      for (const { reject } of this.#waiting.values()) reject(loss);
      this.#waiting.clear();
    });
  }
}
