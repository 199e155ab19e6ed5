import type { Graph, CompileOptions, Executor, Program, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { closedProgram } from './executor_checks.js';
import { HostStore } from './host_store.js';
import { SerialQueue } from './serial_queue.js';

/** A store that tells whether it can still be used. */
export interface CheckedStore extends VariableStore {
  /** @throws SnowglobeError when the store or its executor is closed */
  check(): void;
}

/** What a kind of executor on the CPU has of its own. */
export interface HostExecutorParts<S extends CheckedStore = HostStore> extends Pick<
  Executor,
  'kind' | 'device'
> {
  /** @param store the caller's, or a new one */
  compile(graph: Graph, store: S, options: CompileOptions): Promise<HostProgram>;
}

/** Where variables lie that are not simply in this thread's memory. */
export interface HostExecutorStores<S extends CheckedStore> {
  /** @param check throws when the executor is closed */
  openStore(check: () => void): S;
  /** Whether a store is one of this executor's. */
  isOwn(store: VariableStore): store is S;
  /** Resolves when the executor can be used no more, though nobody has closed it. */
  readonly lost?: Promise<SnowglobeError>;
  /** Frees what all programs share, when they are closed. */
  release?(): Promise<void>;
}

/** A compiled graph. Runs are begun one after the other, and none after `release`. */
export interface HostProgram {
  readonly stats: Program['stats'];
  run: Program['run'];
  /** Frees what is not JavaScript's. */
  release(): Promise<void>;
}

/** An executor whose variables lie in host memory, with everything that has to do with closing. */
export function createHostExecutor(parts: HostExecutorParts): Executor {
  return createStoredExecutor({
    ...parts,
    openStore: (check) => new HostStore(check),
    isOwn: (store) => store instanceof HostStore,
  });
}

/** The same with stores of another kind. */
export function createStoredExecutor<S extends CheckedStore>({
  kind,
  device,
  compile,
  openStore,
  isOwn,
  lost: died,
  release: releaseShared,
}: HostExecutorParts<S> & HostExecutorStores<S>): Executor {
  let closed: SnowglobeError | undefined;
  let end!: (reason: SnowglobeError) => void;
  const lost = new Promise<SnowglobeError>((resolve) => (end = resolve));
  const stop = (reason: SnowglobeError): void => {
    closed ??= reason;
    end(closed);
  };
  void died?.then(stop);
  const check = (): void => {
    if (closed) throw closed;
  };
  // A program that nobody holds any more is collected with what it holds, closed or not.
  const open = new Set<WeakRef<Program>>();
  const collected = new FinalizationRegistry((reference: WeakRef<Program>) => open.delete(reference));

  const programOf = ({ stats, run, release }: HostProgram, store: S, owns: boolean): Program => {
    // A run reads the variables that the one before it assigned, so runs wait for each other.
    const queue = new SerialQueue();
    const program: Program = {
      ...{ store, stats },
      async run(inputs, outputs) {
        check();
        return queue.add(() => run(inputs, outputs));
      },
      async close() {
        open.delete(reference);
        await queue.close(closedProgram(), release);
        if (owns) store.close();
      },
    };
    const reference = new WeakRef(program);
    open.add(reference);
    collected.register(program, reference);
    return program;
  };

  let closing: Promise<void> | undefined;
  return {
    ...{ kind, device, lost },
    createStore() {
      check();
      return openStore(check);
    },
    async compile(graph, options = {}) {
      check();
      const { store: given } = options;
      if (given && !isOwn(given)) {
        throw new SnowglobeError(
          'compile: the store belongs to another executor; use createStore() of this one.',
        );
      }
      const store = given ?? openStore(check);
      store.check();
      const made = await compile(graph, store, options);
      if (closed) await made.release();
      check();
      return programOf(made, store, !given);
    },
    close() {
      closing ??= (async () => {
        stop(new SnowglobeError(`executor '${device}' was closed; open it again.`));
        await Promise.all([...open].map((program) => program.deref()?.close()));
        await releaseShared?.();
      })();
      return closing;
    },
  };
}
