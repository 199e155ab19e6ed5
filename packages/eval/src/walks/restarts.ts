/** Games that are over begin anew, in worlds side by side, as sessions do it (`StartOptions.end`). */
import type { TensorData } from '@snowglobe/graph';
import type { Tiles } from '@snowglobe/model';
import { isOver } from '@snowglobe/model/internal';
import type { CompiledFrame } from '../rollouts/roll_out.js';

/** Games of worlds that were begun with some prompts. */
interface Games {
  /** Looks whether games are over in a frame. @param codes (B, rows, columns) */
  see(codes: Int32Array): void;
  /** Worlds whose games were over in the last frame stand at their prompts again, with nothing remembered. @returns which */
  restart(): Promise<readonly boolean[]>;
}

/**
 * @param world whose own art prompts are read in
 * @returns undefined where games know no end
 */
export function openRestarts(
  { graph, store, model }: Omit<CompiledFrame, 'program'>,
  world: Parameters<Tiles['reader']>[0] | undefined,
  batch: number,
): { begin(prompts: Float32Array): Games } | undefined {
  const { readouts, tiles } = model;
  if (!readouts?.end || !tiles || !world) return undefined;
  const { end } = readouts;
  const reader = tiles.reader(world);
  const cells = tiles.rows * tiles.columns;
  /** The part of world b, whose state the first axis of each variable tells apart. */
  const own = (data: TensorData, b: number): TensorData => {
    const length = data.length / batch;
    return data.subarray(b * length, (b + 1) * length);
  };
  return {
    begin(prompts) {
      const fresh = model.initialState(graph.variables, prompts);
      // Who begins where a game is over goes on: there is no other beginning.
      const isEndless = Array.from({ length: batch }, (_, b) => {
        const state = new Map([...fresh].map(([name, data]) => [name, own(data, b)]));
        return isOver(readouts.read(reader.codesOf(state)), end);
      });
      let over = isEndless.map(() => false);
      return {
        see(codes) {
          over = isEndless.map(
            (endless, b) =>
              !endless && isOver(readouts.read(codes.subarray(b * cells, (b + 1) * cells)), end),
          );
        },
        async restart() {
          const which = over;
          over = isEndless.map(() => false);
          if (!which.includes(true)) return which;
          for (const [name, begun] of fresh) {
            const now = (await store.read(name)).slice();
            which.forEach((isAnew, b) => {
              if (isAnew) own(now, b).set(own(begun, b) as never);
            });
            store.write(name, graph.variables.get(name)!, now);
          }
          return which;
        },
      };
    },
  };
}
