import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from './atomic_file.js';
import { whyNot } from './why_not.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-why-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['none', 'it does not exist'],
  ['.', 'it is a folder'],
  ['file/x', 'a part of its path is a file'],
  ['x'.repeat(300), 'the name is too long'],
])('reading %s is refused in words', async (name, reason) => {
  await expect(readFile(join(folder, name)).catch(whyNot)).resolves.toBe(reason);
});

test('what the system says is passed on where there are no words for it', () => {
  expect(whyNot(new Error('EXDEV: cross-device link'))).toBe('the system says EXDEV: cross-device link');
});

test('folders are made with those above them, or it is said what is in the way', async () => {
  await makeFolder(join(folder, 'a', 'b'));
  await makeFolder(join(folder, 'a', 'b'));
  expect((await stat(join(folder, 'a', 'b'))).isDirectory()).toBe(true);
  for (const path of [join(folder, 'file'), join(folder, 'file', 'x')]) {
    await expect(makeFolder(path)).rejects.toThrow(
      `${path}: cannot be made, ${join(folder, 'file')} is no folder; choose another name.`,
    );
  }
});
