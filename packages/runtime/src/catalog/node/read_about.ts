import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { parseEditedJson } from '@snowglobe/media/internal';
import * as v from 'valibot';
import type { WorldAbout } from '../about.js';
import { aboutSchema } from '../about.js';
import { namesOf } from './names.js';

/**
 * Reads what is said of a world in the file of its name beside it; of a variant without one, that of the world whose name its own
 * begins with.
 * @throws SnowglobeError for a file that is not as it should be
 */
export async function readAbout(folder: string, name: string): Promise<WorldAbout> {
  for (const each of namesOf(name)) {
    const path = join(folder, `${each}.about.json`);
    const text = await readFile(path).catch(() => undefined);
    if (text === undefined) continue;
    const parsed = v.safeParse(aboutSchema, parseEditedJson(text, path, 'mend the file, or take it away.'));
    if (parsed.success) return parsed.output;
    throw new SnowglobeError(`${path}: ${describeIssue(parsed.issues[0])}; mend the file, or take it away.`);
  }
  return { goals: [] };
}
