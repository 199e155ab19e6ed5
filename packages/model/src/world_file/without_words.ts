import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from './world_file.js';

/**
 * The same world without what draws first frames from words, which is more than half of a small world's file; it plays the same.
 * @param source the file in words, for messages
 * @throws SnowglobeError for a world that knows no words
 */
export function withoutWords({ model, metadata, tensors }: WorldFile, source: string): WorldFile {
  const { firstFrames } = model;
  const speechless = model.withoutWords?.();
  if (!firstFrames || !speechless) {
    throw new SnowglobeError(`${source}: knows no words, so there is nothing to leave out.`);
  }
  const play = model.frameGraph().variables;
  const spoken = new Set(
    Object.values(firstFrames.graphs(1)).flatMap(({ variables }) => [...variables.keys()]),
  );
  return {
    model: speechless,
    metadata: { ...metadata, config: speechless.config },
    tensors: new Map([...tensors].filter(([name]) => play.has(name) || !spoken.has(name))),
  };
}
