import { slotsInput } from '@snowglobe/compiler';
import type { Executor, Graph, Program } from '@snowglobe/graph';

/** What happened on an executor, for tests. */
export interface Notes {
  /** Rows of each run of a frame, in order. */
  readonly rows: number[];
  /** Called before a frame of so many rows is compiled or run; what it throws is what that fails with. */
  before?: (what: 'compile' | 'run', rows: number) => void;
}

/** An executor that notes how many rows its frames have; of any kind that it is said to be. */
export function notingExecutor(inner: Executor, notes: Notes, kind = inner.kind): Executor {
  const rowsOf = (graph: Graph): number | undefined =>
    graph.outputs.has('frame') ? (graph.inputs.get(slotsInput)?.shape[0] ?? 1) : undefined;
  return {
    ...{ kind, device: inner.device, lost: inner.lost },
    createStore: () => inner.createStore(),
    close: () => inner.close(),
    async compile(graph, options): Promise<Program> {
      const rows = rowsOf(graph);
      if (rows !== undefined) notes.before?.('compile', rows);
      const program = await inner.compile(graph, options);
      if (rows === undefined) return program;
      return {
        ...{ store: program.store, stats: program.stats, close: () => program.close() },
        async run(...given) {
          notes.before?.('run', rows);
          notes.rows.push(rows);
          return program.run(...given);
        },
      };
    },
  };
}
