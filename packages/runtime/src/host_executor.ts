import type { Graph, CompileOptions, Executor, Program } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { closedProgram } from './executor_checks.js';
import { HostStore } from './host_store.js';
import { SerialQueue } from './serial_queue.js';

/** What a kind of executor on the CPU has of its own. */
export interface HostExecutorParts extends Pick<Executor, 'kind' | 'device'> {
  /** @param store the caller's, or a new one */
  compile(graph: Graph, store: HostStore, options: CompileOptions): Promise<HostProgram>;
}

/** A compiled graph. Runs are begun one after the other, and none after `release`. */
export interface HostProgram {
  readonly stats: Program['stats'];
  run: Program['run'];
  /** Frees what is not JavaScript's. */
  release(): Promise<void>;
}

/** An executor whose variables lie in host memory, with everything that has to do with closing. */
export function createHostExecutor({ kind, device, compile }: HostExecutorParts): Executor {
  let closed: SnowglobeError | undefined;
  let end!: (reason: SnowglobeError) => void;
  const lost = new Promise<SnowglobeError>((resolve) => (end = resolve));
  const check = (): void => {
    if (closed) throw closed;
  };
  // A program that nobody holds any more is collected with what it holds, closed or not.
  const open = new Set<WeakRef<Program>>();
  const collected = new FinalizationRegistry((reference: WeakRef<Program>) => open.delete(reference));

  const programOf = ({ stats, run, release }: HostProgram, store: HostStore, owns: boolean): Program => {
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
      return new HostStore(check);
    },
    async compile(graph, options = {}) {
      check();
      const { store: given } = options;
      if (given && !(given instanceof HostStore)) {
        throw new SnowglobeError(
          'compile: the store belongs to another executor; use createStore() of this one.',
        );
      }
      const store = given ?? new HostStore(check);
      store.check();
      const made = await compile(graph, store, options);
      if (closed) await made.release();
      check();
      return programOf(made, store, !given);
    },
    close() {
      closing ??= (async () => {
        closed = new SnowglobeError(`executor '${device}' was closed; open it again.`);
        end(closed);
        await Promise.all([...open].map((program) => program.deref()?.close()));
      })();
      return closing;
    },
  };
}
