/** Which program this is: a packed archive says so in a file beside it, a checkout through git. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

/** The line `VERSION COMMIT` of a packed archive, whose command line is in `app/dist`. */
async function packedVersion(): Promise<string | undefined> {
  try {
    return (await readFile(new URL('../../VERSION', import.meta.url), 'utf8')).trim();
  } catch {
    return undefined; // Not packed.
  }
}

/** The commit that this program was made from; empty where nobody knows. */
export async function commitOf(): Promise<string> {
  const packed = await packedVersion();
  if (packed !== undefined) return packed.split(' ')[1] ?? '';
  const cwd = dirname(fileURLToPath(import.meta.url));
  return new Promise((resolve) => {
    execFile('git', ['rev-parse', 'HEAD'], { cwd }, (error, stdout) => resolve(error ? '' : stdout.trim()));
  });
}

/** Version and commit, in a line. */
export async function programVersion(): Promise<string> {
  return `${manifest.version} ${await commitOf()}`.trim();
}
