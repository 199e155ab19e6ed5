import type { CachedTensor, TensorCache } from '@snowglobe/model';
import { decodeSafetensors, encodeSafetensors } from '@snowglobe/model/internal';
import { writeFileAtomically } from '@snowglobe/runtime/internal';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClipDataset } from '../data/index.js';

/**
 * Keeps tensors in a run folder, a file each. Those of other pictures, whatever the recordings are called, or of other settings
 * are computed anew.
 */
export function tensorCache(data: ClipDataset, folder: string): TensorCache {
  return async (name, settings, compute) => {
    const path = join(folder, `${name}.safetensors`);
    const key = createHash('sha256')
      .update(JSON.stringify(settings))
      .update(data.contentHash())
      .digest('hex');
    const known = await readTensors(path, key);
    if (known) return known;
    const tensors = await compute();
    const written = new Map(
      [...tensors].map(([each, tensor]) => [each, { ...tensor, dtype: 'F32' as const }]),
    );
    await writeFileAtomically(path, encodeSafetensors(written, new Map([['key', key]])));
    return tensors;
  };
}

async function readTensors(
  path: string,
  key: string,
): Promise<ReadonlyMap<string, CachedTensor> | undefined> {
  try {
    const { metadata, tensors } = decodeSafetensors(await readFile(path), path);
    if (metadata.get('key') !== key) return undefined;
    return new Map(
      [...tensors].map(([each, { shape, data }]) => [each, { shape, data: data as Float32Array }]),
    );
  } catch {
    // A missing or damaged file is no reason to stop: its tensors are computed again.
    return undefined;
  }
}
