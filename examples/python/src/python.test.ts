import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeImage } from '@snowglobe/media';
import { exportWorld, findWorld, locateWorlds } from '@snowglobe/runtime';
import { eventfulPatches, untrainedPatches, untrainedWorld } from '@snowglobe/runtime/testing';
import { createPlayServer } from '@snowglobe/server';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Python that has what the examples need: that of SNOWGLOBE_PYTHON, or python3. */
const python = process.env['SNOWGLOBE_PYTHON'] ?? 'python3';
const lacks = (...modules: string[]): string | undefined => {
  try {
    execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
    return undefined;
  } catch {
    return ` (skipped: ${python} has no ${modules.join(', ')}; pip install them, or name a Python that has them in SNOWGLOBE_PYTHON)`;
  }
};
const here = fileURLToPath(new URL('.', import.meta.url));
const batch = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-python-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noGymnasium = lacks('gymnasium', 'numpy', 'onnxruntime');
test.skipIf(noGymnasium)(
  `exported worlds are environments of Gymnasium${noGymnasium ?? ''}`,
  async () => {
    for (const [name, file] of [
      ['tiles', untrainedPatches()],
      ['painted', untrainedWorld()],
      ['eventful', eventfulPatches()],
    ] as const) {
      await writeFile(join(folder, `${name}.onnx`), exportWorld(file, name).bytes);
      await writeFile(join(folder, `${name}-${batch}.onnx`), exportWorld(file, name, { batch }).bytes);
    }
    const { stderr } = await promisify(execFile)(python, [
      ...[join(here, 'check_env.py'), folder, String(batch)],
    ]);
    // unittest writes there.
    expect(stderr).toMatch(/\nRan 6 tests in .*\n\nOK/);
  },
  300_000,
);

const noWebsockets = lacks('websockets');
test.skipIf(noWebsockets)(
  `the client plays on a server, and tells what it refuses${noWebsockets ?? ''}`,
  async () => {
    const { asked: worlds } = await locateWorlds([
      await findWorld('crafter-int4'),
      await findWorld('factory-int4'),
    ]);
    const server = await createPlayServer({ worlds, port: 0, executor: { executor: 'onnx', threads: 1 } });
    const play = (...args: string[]) =>
      promisify(execFile)(python, [
        ...[join(here, '..', 'openenv_client.py'), `ws://localhost:${server.port}/env`, ...args],
      ]);
    const out = join(folder, 'frames');
    const { stdout } = await play(
      '--actions',
      'noop,do,move_left',
      '--seed',
      '7',
      '--reward',
      'wood',
      '--out',
      out,
    );
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { index: number; reward: number | null; readouts: object });
    expect(seen.map(({ index, reward }) => [index, typeof reward])).toEqual([
      [0, 'object'],
      [1, 'number'],
      [2, 'number'],
      [3, 'number'],
    ]);
    expect(seen[3]!.readouts).toHaveProperty('health');
    const picture = decodeImage(await readFile(join(out, '00003.png')));
    expect([picture.width, picture.height]).toEqual([64, 64]);
    const events = ['--world', 'factory-int4', '--actions', 'left,none,none'] as const;
    const night = await play(...events, '--tell', '1:night falls');
    expect(
      night.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { told?: string }).told),
    ).toEqual([...[undefined, undefined, 'night falls', undefined]]);
    await expect(play(...events, '--tell', '0:a comet')).rejects.toThrow(/'comet' is not known here/);
    await expect(play('--actions', 'fly')).rejects.toThrow(/this world knows no 'fly'.*\(EXECUTION_ERROR\)/);
    await expect(play('--actions', 'do', '--world', 'nowhere')).rejects.toThrow(/nowhere/);
    await server.close();
    await expect(play('--actions', 'do')).rejects.toThrow(/is the server there/);
  },
  300_000,
);
