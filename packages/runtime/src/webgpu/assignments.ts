import type { Graph } from '@snowglobe/graph';
import type { Storage, StoragePlan } from './storage.js';

/** A variable's new value, copied when everything else of the run is done. */
export interface Assignment {
  readonly from: Storage;
  readonly to: Storage;
  /**
   * The value lies in a variable that is itself assigned (two variables that change places): it is put aside before
   * any variable changes.
   */
  readonly aside: boolean;
}

/** The copies that a run's assignments need. A value that was computed in the variable's own place needs none. */
export function planAssignments(graph: Graph, { storageOf }: StoragePlan): readonly Assignment[] {
  const moves = [...graph.assignments]
    .map(([name, value]) => ({ from: storageOf(value), to: storageOf(graph.variables.get(name)!) }))
    .filter(({ from, to }) => from !== to);
  const targets = new Set(moves.map(({ to }) => to));
  return moves.map((move) => ({ ...move, aside: targets.has(move.from) }));
}
