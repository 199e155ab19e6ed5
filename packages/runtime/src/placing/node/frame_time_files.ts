import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEditedJson } from '@snowglobe/media/internal';
import { cacheFolder } from '../../devices/node/cache.js';
import { makeFolder, writeFileAtomically } from '../../node/atomic_file.js';
import type { FrameTimesKey, FrameTimesStore } from '../frame_times_file.js';
import { encodeFrameTimes, parseFrameTimes } from '../frame_times_file.js';

/** `frame-times/WORLD-DEVICE.json` in the cache folder. Files that cannot be read or written cost a measurement, and nothing else. */
export function frameTimeFiles(folder: string = join(cacheFolder(), 'frame-times')): FrameTimesStore & {
  pathOf(key: FrameTimesKey): string;
} {
  const pathOf = ({ checksum, kind, device }: FrameTimesKey): string => {
    const on = `${kind} ${device}`.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
    return join(folder, `${checksum.slice(0, 16)}-${on}.json`);
  };
  return {
    pathOf,
    async load(key) {
      const path = pathOf(key);
      try {
        return parseFrameTimes(parseEditedJson(await readFile(path), path, 'delete it.'), path, key);
      } catch {
        return undefined;
      }
    },
    async save(key, times) {
      try {
        await makeFolder(folder);
        const json = `${JSON.stringify(encodeFrameTimes(key, times), undefined, 1)}\n`;
        await writeFileAtomically(pathOf(key), new TextEncoder().encode(json));
      } catch {
        // They are measured again.
      }
    },
  };
}
