import type { ExecutorReport } from '../world/executor_choice.js';
import type { World } from '../world/world.js';
import type { TileGrid } from './protocol.js';

/** What may be said of an open world in a message. */
export function worldInfo(world: World, executors: readonly ExecutorReport[]) {
  const { metadata, executor, actions, tiles, readouts, hasMap, vocabulary, events, checksum } = world;
  const { width, height, fps } = metadata.config;
  const { kind, device } = executor;
  return {
    ...{ width, height, fps },
    actions: [...actions.names],
    ...{ synonyms: [...actions.synonyms], ...(actions.codes && { codes: actions.codes }) },
    play: { temperature: 1, certainty: 0, ...metadata.play },
    executor: { kind, device },
    executors: [...executors],
    ...(tiles && { tiles: gridOf(tiles) }),
    ...(readouts && { readouts: [...readouts.numbers] }),
    hasMap,
    vocabulary: [...vocabulary],
    events: [...events],
    checksum,
  };
}

const gridOf = ({ rows, columns, count, view }: TileGrid): TileGrid => ({ rows, columns, count, view });
