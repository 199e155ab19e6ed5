import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

// Each program is a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Programs of a package's README that tell what they print: a block of TypeScript, and one of text after it. */
const example = /```ts\n([^]*?)```\n\n```text\n([^]*?)```/g;

const readmes = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name, 'README.md'))
  .filter((path) => existsSync(join(root, path)));

test('most packages show what a program of theirs prints', async () => {
  const texts = await Promise.all(readmes.map((path) => readFile(join(root, path), 'utf8')));
  expect(texts.filter((text) => text.match(example)).length).toBeGreaterThanOrEqual(4);
});

test.each(readmes)('the programs of %s print what they say', async (path) => {
  const text = await readFile(join(root, path), 'utf8');
  // Inside a package that depends on all others, so that their names resolve as for someone who installed them.
  const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
  await mkdir(modules, { recursive: true });
  const folder = await mkdtemp(join(modules, '.readme-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    for (const [, program, printed] of text.matchAll(example)) {
      await writeFile(join(folder, 'program.ts'), program!);
      const args = [join(root, 'scripts', 'source.mjs'), join(folder, 'program.ts')];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
      expect(stdout).toBe(printed);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
