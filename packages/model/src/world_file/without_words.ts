import { SnowglobeError } from '@snowglobe/graph';
import type { WorldModel } from '../family/family.js';
import type { WorldFile } from './world_file.js';

/** Weights that draw first frames from words, and that play does not use. */
export function weightsOfWords(model: WorldModel): Set<string> {
  const play = model.frameGraph().variables;
  const graphs = Object.values(model.firstFrames?.graphs(1) ?? {});
  return new Set(graphs.flatMap(({ variables }) => [...variables.keys()]).filter((name) => !play.has(name)));
}

/**
 * The same world without what draws first frames from words, which is more than half of a small world's file; it plays the same.
 * @param source the file in words, for messages
 * @throws SnowglobeError for a world that knows no words
 */
export function withoutWords({ model, metadata, tensors }: WorldFile, source: string): WorldFile {
  const speechless = model.withoutWords?.();
  if (!speechless) {
    throw new SnowglobeError(`${source}: knows no words, so there is nothing to leave out.`);
  }
  const spoken = weightsOfWords(model);
  return {
    model: speechless,
    metadata: { ...metadata, config: speechless.config },
    tensors: new Map([...tensors].filter(([name]) => !spoken.has(name))),
  };
}
