import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { LocatedWorld } from '@snowglobe/runtime';

/** The built page: found through its package's name, as nothing of it is imported. */
export function pageFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@snowglobe/demo/package.json')), 'dist');
  } catch (cause) {
    throw new SnowglobeError('play: the page @snowglobe/demo is not installed; install it.', { cause });
  }
}

/**
 * The worlds of this machine, those that were asked for first, and those alone.
 * @param wanted names or paths; none: all
 * @throws SnowglobeError when one of them is not there
 */
export async function worldsFor(
  wanted: readonly string[],
  note: (line: string) => void,
): Promise<{ readonly worlds: readonly LocatedWorld[]; readonly asked: readonly LocatedWorld[] }> {
  const { findWorld, locateWorlds } = await import('@snowglobe/runtime');
  const paths = await Promise.all(wanted.map(findWorld));
  const { worlds, asked, broken } = await locateWorlds(paths);
  for (const reason of broken) note(reason);
  return { worlds, asked: wanted.length > 0 ? asked : worlds };
}
