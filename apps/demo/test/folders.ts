import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folderOf = (name: string): string =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** What was built, and what it plays. */
export const elementFolder = join(folderOf('@snowglobe/element'), 'dist');
export const worldsFolder = join(folderOf('@snowglobe/runtime'), 'worlds');
export const siteFolder = join(fileURLToPath(new URL('..', import.meta.url)), 'dist');
