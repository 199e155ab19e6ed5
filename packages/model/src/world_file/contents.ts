import type { WorldMetadata } from './metadata.js';
import type { FileTensor } from './safetensors.js';

/** What stands in a world file. */
export interface WorldContents {
  readonly metadata: WorldMetadata;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}
