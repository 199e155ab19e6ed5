import { setTimeout as sleep } from 'node:timers/promises';
import { slotsInput } from '@snowglobe/compiler';
import type { Executor, Program } from '@snowglobe/graph';

/** An executor whose frames take so long, in ms, by how many rows are drawn in one run. */
export function delayedExecutor(inner: Executor, msOf: (rows: number) => number, device: string): Executor {
  return {
    ...{ kind: inner.kind, device, lost: inner.lost },
    createStore: () => inner.createStore(),
    close: () => inner.close(),
    async compile(graph, options): Promise<Program> {
      const program = await inner.compile(graph, options);
      if (!graph.outputs.has('frame')) return program;
      const rows = graph.inputs.get(slotsInput)?.shape[0] ?? 1;
      return {
        ...{ store: program.store, stats: program.stats, close: () => program.close() },
        async run(...given) {
          await sleep(msOf(rows));
          return program.run(...given);
        },
      };
    },
  };
}
