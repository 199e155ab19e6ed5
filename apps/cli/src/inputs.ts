import { readFile } from 'node:fs/promises';
import { SnowglobeError } from '@snowglobe/graph';

/**
 * Reads a file that somebody named.
 * @param what it should be, for the message
 * @throws SnowglobeError where it cannot be read
 */
export async function readInput(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { whyNot } = await import('@snowglobe/runtime/internal');
    throw new SnowglobeError(`${path}: cannot be read, as ${whyNot(cause)}; give the path of ${what}.`, {
      cause,
    });
  }
}
