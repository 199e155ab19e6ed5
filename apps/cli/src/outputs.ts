/** Checks of what a command writes, made before it works. */
import { realpath } from 'node:fs/promises';
import { SnowglobeError } from '@snowglobe/graph';

/**
 * Refuses a result that would take the place of what it is made from.
 * @throws SnowglobeError where both paths lead to one file, through links too
 */
export async function checkNotInput(out: string | undefined, input: string): Promise<void> {
  if (out === undefined) return;
  const [written, read] = await Promise.all(
    [out, input].map((path) => realpath(path).catch(() => undefined)),
  );
  if (written === undefined || written !== read) return;
  throw new SnowglobeError(`${out}: is the world that is read, and would be lost; give --out another name.`);
}
