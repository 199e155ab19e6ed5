/** Files that are longer than can be read in one go. */
import { filesBelow, read } from './sources.mjs';

const limits = { ts: 400, wgsl: 150 };

/** @returns findings by path */
export function longFiles() {
  const findings = new Map();
  for (const folder of ['packages', 'apps', 'examples']) {
    for (const path of filesBelow(folder, /[.](ts|wgsl)$/)) {
      const limit = limits[path.split('.').at(-1)];
      const lines = read(path).split('\n').length - 1;
      if (lines > limit) findings.set(path, `has ${lines} lines, of at most ${limit}; divide it`);
    }
  }
  return findings;
}
