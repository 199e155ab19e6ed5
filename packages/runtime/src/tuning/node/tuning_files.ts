import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEditedJson } from '@snowglobe/media/internal';
import { cacheFolder } from '../../devices/node/cache.js';
import { makeFolder, writeFileAtomically } from '../../node/atomic_file.js';
import type { TuningStore } from '../tuning.js';
import { parseTuning } from '../tuning.js';

/** `tuning/NAME.json` in the cache folder, a file an adapter. */
export function tuningFiles(folder: string = join(cacheFolder(), 'tuning')): TuningStore & {
  pathOf(adapter: string): string;
} {
  const pathOf = (adapter: string): string =>
    join(folder, `${adapter.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'adapter'}.json`);
  return {
    pathOf,
    async load(device) {
      const path = pathOf(device.name);
      let json: Uint8Array;
      try {
        json = await readFile(path);
      } catch {
        return undefined;
      }
      const value = parseEditedJson(json, path, 'delete it and run snowglobe tune again.');
      return parseTuning(value, path, device);
    },
    async save(tuning) {
      await makeFolder(folder);
      const json = `${JSON.stringify(tuning, undefined, 1)}\n`;
      await writeFileAtomically(pathOf(tuning.adapter), new TextEncoder().encode(json));
    },
  };
}
