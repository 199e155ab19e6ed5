import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Fenced TypeScript blocks of the README, in order. */
async function blocks(): Promise<string[]> {
  const text = await readFile(`${root}README.md`, 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

it("the README's programs run as they stand there", async () => {
  const programs = await blocks();
  expect(programs.length).toBeGreaterThan(0);
  // Inside a package, so that the packages' names resolve as they would for someone who installed them.
  const folder = fileURLToPath(new URL('../node_modules/.readme/', import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}package.json`, '{ "type": "module" }');
  try {
    for (const [i, program] of programs.entries()) {
      const file = `${folder}block${i}.ts`;
      await writeFile(file, program);
      const { stdout } = await promisify(execFile)(process.execPath, [`${root}scripts/source.mjs`, file], {
        cwd: root,
      });
      const [, loss, lower] = /^([\d.]+) -> ([\d.]+)/.exec(stdout) ?? [];
      // Training a step makes the loss smaller; a world samples its first frame.
      if (loss) expect(Number(lower)).toBeLessThan(Number(loss));
      else expect(stdout).toMatch(/^frame 1: 64x64, 16384 bytes of RGBA/);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
