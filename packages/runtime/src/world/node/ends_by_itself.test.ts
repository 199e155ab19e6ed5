import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeWorld } from '@snowglobe/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { untrainedWorld } from '../../testing/untrained_world.js';

const runner = fileURLToPath(new URL('../../../../../scripts/source.mjs', import.meta.url));
const runtime = new URL('../../index.ts', import.meta.url).href;

/** A program that closes its world, and goes on asking. */
const program = `
import { openWorld } from '${runtime}';
const [path, executor] = process.argv.slice(2);
const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(200) };
const world = await openWorld(path, { executor });
const play = await world.start({ prompt });
await play.step('right');
await world.close();
await world.close();
const say = ({ name, message }) => console.log(name + ': ' + message);
await play.step('right').catch(say);
await world.start({ prompt }).catch(say);
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-ends-'));
  await writeFile(join(folder, 'program.mts'), program);
  await writeFile(join(folder, 'small.safetensors'), encodeWorld(untrainedWorld()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(['onnx', 'webgpu'])(
  'a program that has closed its world on %s ends by itself',
  async (executor) => {
    const args = [runner, join(folder, 'program.mts'), join(folder, 'small.safetensors'), executor];
    const run = promisify(execFile)(process.execPath, args, { timeout: 150_000 });
    const { stdout, stderr } = await run.catch(
      (error: { stdout: string; stderr: string; killed: boolean }) => {
        expect(error.killed).toBe(false);
        return error;
      },
    );
    // A machine without any adapter.
    if (executor === 'webgpu' && /this machine has no adapter/.test(stderr)) return;
    expect(stdout.trim().split('\n')).toEqual(
      Array(2).fill('SnowglobeError: world: it was closed; open it again.'),
    );
  },
  180_000,
);
