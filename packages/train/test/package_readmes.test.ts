import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

// Each program is a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Where a program of a package finds it and what it uses by name, as if they were installed: among the modules of this package, which
 * depends on most others, or within the package itself.
 */
function homeOf(name: string): string {
  const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
  return existsSync(join(modules, '@snowglobe', name)) ? modules : join(root, 'packages', name, 'dist');
}

/** Programs of a package's README that tell what they print: a block of TypeScript, and one of text after it. */
const example = /```ts\n([^]*?)```\n\n```text\n([^]*?)```/g;

const readmes = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name, 'README.md'))
  .filter((path) => existsSync(join(root, path)));

test('most packages show what a program of theirs prints', async () => {
  const texts = await Promise.all(readmes.map((path) => readFile(join(root, path), 'utf8')));
  expect(texts.filter((text) => text.match(example)).length).toBeGreaterThanOrEqual(9);
});

test.each(readmes)('the programs of %s print what they say', async (path) => {
  const text = await readFile(join(root, path), 'utf8');
  const home = homeOf(basename(dirname(path)));
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, '.readme-'));
  try {
    for (const [, program, printed] of text.matchAll(example)) {
      expect(program).not.toContain('/internal');
      await writeFile(join(folder, 'program.mts'), program!);
      const args = [join(root, 'scripts', 'source.mjs'), join(folder, 'program.mts')];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
      expect(stdout).toBe(printed);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
