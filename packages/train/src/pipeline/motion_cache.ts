import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MotionOptions } from '@snowglobe/eval';
import { MotionTable, measureMotion } from '@snowglobe/eval';
import type { EvidenceConfig } from '@snowglobe/model';
import { decodeSafetensors, encodeSafetensors } from '@snowglobe/model';
import { writeFileAtomically } from '@snowglobe/runtime';
import type { ClipDataset } from '../data/index.js';

/**
 * `measureMotion`, kept in the run folder: measuring takes minutes for hours of video. A file of other pictures,
 * whatever they are called, or of another config is measured anew.
 */
export async function cachedMotion(
  data: ClipDataset,
  config: EvidenceConfig,
  folder: string,
  options: MotionOptions,
): Promise<MotionTable> {
  const path = join(folder, 'motion-table.safetensors');
  const key = createHash('sha256')
    .update(JSON.stringify([config.range, config.border, config.sharpness]))
    .update(data.contentHash())
    .digest('hex');
  const known = await readTable(path, key);
  if (known) return known;
  const table = await measureMotion(data, config, options);
  const tensors = new Map(
    table.clips.map((values, clip) => [
      String(clip),
      { dtype: 'F32' as const, shape: [values.length / table.size, table.size], data: values },
    ]),
  );
  await writeFileAtomically(path, encodeSafetensors(tensors, new Map([['key', key]])));
  return table;
}

async function readTable(path: string, key: string): Promise<MotionTable | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch {
    return undefined;
  }
  try {
    const { metadata, tensors } = decodeSafetensors(bytes, path);
    if (metadata.get('key') !== key) return undefined;
    const clips = Array.from({ length: tensors.size }, (_, clip) => tensors.get(String(clip))!);
    return new MotionTable(
      clips[0]!.shape[1]!,
      clips.map(({ data }) => data as Float32Array),
    );
  } catch {
    // A damaged cache is no reason to stop: it is measured again.
    return undefined;
  }
}
