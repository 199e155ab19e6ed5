import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkFolderWritable, checkSpace } from './atomic_file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a folder may be there or not, and nothing is left in it', async () => {
  await mkdir(join(folder, 'there'));
  for (const name of ['there', 'new', join('new', 'and', 'deep')])
    await checkFolderWritable(join(folder, name));
  expect(await readdir(folder)).toEqual(['there']);
});

it('a disk that is too small is told, with what is free', async () => {
  await checkSpace(join(folder, 'new', 'world.safetensors'), 1);
  await expect(checkSpace(join(folder, 'new', 'world.safetensors'), 2 ** 62)).rejects.toThrow(
    /world\.safetensors: the disk has .+ free, and .+ are needed; free space or choose another folder/,
  );
});

it('a file in the place of a folder is named', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(checkFolderWritable(join(folder, 'file'))).rejects.toThrow(
    /file: cannot be made, .*file is no folder/,
  );
  await expect(checkFolderWritable(join(folder, 'file', 'run'))).rejects.toThrow(
    /run: cannot be made, .*file is no folder/,
  );
});

it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a folder that is locked is named',
  async () => {
    await chmod(folder, 0o500);
    await expect(checkFolderWritable(join(folder, 'run'))).rejects.toThrow(/writing is not allowed there/);
    await chmod(folder, 0o700);
  },
);
