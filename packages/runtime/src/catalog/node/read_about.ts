import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { parseEditedJson } from '@snowglobe/media/internal';
import * as v from 'valibot';
import type { WorldAbout } from '../about.js';
import { aboutSchema } from '../about.js';

/**
 * Reads what is said of a world in the file of its name beside it; of a variant without one, that of the world whose name its own
 * begins with.
 * @throws SnowglobeError for a file that is not as it should be
 */
export async function readAbout(folder: string, name: string): Promise<WorldAbout> {
  const path = join(folder, `${name}.about.json`);
  const text = await readFile(path).catch(() => undefined);
  if (text === undefined) {
    const variant = name.lastIndexOf('-');
    return variant < 1 ? { goals: [] } : readAbout(folder, name.slice(0, variant));
  }
  const parsed = v.safeParse(aboutSchema, parseEditedJson(text, path, 'mend the file, or take it away.'));
  if (parsed.success) return parsed.output;
  throw new SnowglobeError(`${path}: ${describeIssue(parsed.issues[0])}; mend the file, or take it away.`);
}
