import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Summary } from './summary.js';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

const run = promisify(execFile);
const long =
  process.env['SNOWGLOBE_LONG_TESTS'] === '1' && process.platform === 'linux' && process.arch === 'x64';
const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe.runIf(long)('the archive for machines without a network', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snowglobe-packed-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs a program of the archive with nothing but a path and an empty home, in a network namespace of its own where that is allowed. */
  async function inside(command: string, ...args: string[]): Promise<string> {
    const alone = ['-i', 'PATH=/usr/bin:/bin', `HOME=${join(folder, 'home')}`];
    const path = join(folder, 'snowglobe-linux-x64', command);
    const isolated = await run('unshare', ['-rn', 'true']).then(
      () => true,
      () => false,
    );
    const before = isolated ? ['unshare', '-rn'] : [];
    const { stdout } = await run('env', [...alone, ...before, path, ...args], {
      cwd: folder,
      maxBuffer: 1 << 28,
    });
    return stdout;
  }

  test('is small enough, and checks, measures, tunes and trains on its own', async () => {
    await run(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), 'pack', folder], { cwd: root });
    const archive = join(folder, 'snowglobe-linux-x64.tar.xz');
    expect((await stat(archive)).size).toBeLessThanOrEqual(60e6);
    await run('tar', ['-xJf', archive], { cwd: folder });

    const { devices } = JSON.parse(await inside('snowglobe', 'devices', '--all', '--json')) as {
      devices: unknown[];
    };
    expect(devices.length).toBeGreaterThan(0);
    await inside('check-gpu', '3', 'records');
    const summary = JSON.parse(
      (await run('cat', [join(folder, 'records', 'summary.json')])).stdout,
    ) as Summary;
    expect(summary.program).toMatch(/^\d+\.\d+\.\d+ [0-9a-f]{40}/);
    expect(summary.parts.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(summary.parts.at(-1)).toMatchObject({ name: 'train', state: 'done' });
    expect((await stat(join(folder, 'records', 'world.safetensors'))).size).toBeGreaterThan(0);
  });
});
