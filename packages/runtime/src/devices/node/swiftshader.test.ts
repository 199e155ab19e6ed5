import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unpackInto } from './swiftshader.js';

const runs = process.platform === 'linux' && process.arch === 'x64';

describe.runIf(runs)('unpackInto', () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'snowglobe-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  test('several at once leave one complete folder and nothing else', async () => {
    const all = await Promise.all([unpackInto(cache), unpackInto(cache), unpackInto(cache)]);
    expect(new Set(all.map(({ manifest }) => manifest)).size).toBe(1);
    expect(readdirSync(cache)).toHaveLength(1);
    const { manifest, loader } = all[0]!;
    const { ICD } = JSON.parse(readFileSync(manifest, 'utf8')) as { ICD: { library_path: string } };
    for (const library of [join(dirname(manifest), ICD.library_path), loader]) {
      expect(readFileSync(library).subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    }
  });

  test('what lies there is used as it is, and repaired when a file is gone', async () => {
    const { manifest, loader } = await unpackInto(cache);
    const before = statSync(manifest).mtimeMs;
    await unpackInto(cache);
    expect(statSync(manifest).mtimeMs).toBe(before);
    unlinkSync(loader);
    await unpackInto(cache);
    expect(existsSync(loader)).toBe(true);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  test('a cache that cannot be made is replaced by a private folder', async () => {
    const file = join(cache, 'a-file');
    writeFileSync(file, '');
    const { manifest, loader } = await unpackInto(join(file, 'inside'));
    expect(existsSync(loader)).toBe(true);
    expect(dirname(manifest).startsWith(tmpdir())).toBe(true);
    expect(statSync(dirname(manifest)).mode & 0o077).toBe(0);
    rmSync(dirname(manifest), { recursive: true });
  });
});
