import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage } from '@snowglobe/media';
import type { Catalog } from '@snowglobe/runtime/internal';
import { encodeReplay, locateWorlds } from '@snowglobe/runtime';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 90_000 });

const runner = fileURLToPath(new URL('../../../../scripts/source.mjs', import.meta.url));
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

let folder: string;
let page: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-play-'));
  page = join(folder, 'page');
  await mkdir(page);
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts `snowglobe play` as a person would, and waits for its answer. */
async function started(args: readonly string[]) {
  const child = spawn(process.execPath, [runner, main, 'play', '--page', page, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let stdout = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.endsWith('\n')) resolve();
    });
    void ended.then(() => reject(new Error(`it ended: ${stderr}`)));
  });
  return { child, stdout, ended, stderr: () => stderr };
}

describe('play', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'serves a page until %s, then ends in good order',
    async (signal) => {
      const { child, stdout, ended, stderr } = await started(['--port', '0', '--json', '--executor', 'onnx']);
      const { url, port, host, worlds } = JSON.parse(stdout) as Record<string, unknown>;
      expect({ host, worlds, url }).toEqual({
        host: '127.0.0.1',
        worlds: expect.arrayContaining(['coinrun']) as unknown,
        url: `http://localhost:${String(port)}/`,
      });
      expect(await (await fetch(String(url))).text()).toContain('<title>page</title>');
      const catalog = (await (await fetch(`${String(url)}catalog.json`)).json()) as Catalog;
      expect(catalog).toMatchObject({
        play: 'play',
        worlds: [
          ...['crafter', 'crafter-int4', 'dungeon', 'dungeon-int4', 'factory', 'factory-int4'],
          ...['runner', 'runner-int4', 'driving', 'driving-int4'],
          // It blurs, and stands last.
          ...['coinrun', 'coinrun-int4'],
        ].map((name) => ({ name })),
      });
      await vi.waitFor(() => expect(stderr()).toMatch(/Ready on onnx/), 30_000);
      const asked = performance.now();
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(5000);
      await expect(fetch(String(url))).rejects.toThrow();
    },
  );

  test('says to people where the page is, and begins with the world that was named', async () => {
    const { worlds } = await locateWorlds();
    const own = join(folder, 'mine.safetensors');
    await writeFile(own, await readFile(worlds.find(({ entry }) => entry.name === 'coinrun')!.path));
    const { child, stdout, ended } = await started([own, '--port', '0']);
    expect(stdout).toMatch(
      /^Snowglobe plays mine, .*coinrun.* at http:\/\/localhost:\d+\/\nCtrl-C ends it\.\n$/,
    );
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  test.each([
    [['play', 'moon'], 1, /world: there is no 'moon' among .*coinrun/],
    [['play', '--port', '99999'], 2, /integer from 0 to 65535/],
    [['play', '--host', '192.0.2.7', '--port', '0'], 1, /cannot listen on 192\.0\.2\.7/],
  ])('%j is one sentence', async (args, expected, message) => {
    const { code, stderr } = await snowglobe([...args, '--page', page]);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });
});

describe('site', () => {
  test('writes what a static host needs', async () => {
    const out = join(folder, 'out');
    const { code, stdout } = await snowglobe(['site', 'coinrun', '--out', out, '--page', page, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ out, worlds: ['coinrun'] });
    const catalog = JSON.parse(await readFile(join(out, 'catalog.json'), 'utf8')) as Catalog;
    expect(catalog.worlds.map(({ name }) => name)).toEqual(['coinrun']);
    expect((await readFile(join(out, catalog.worlds[0]!.file))).length).toBe(catalog.worlds[0]!.bytes);
  });

  test('publishes what was asked for, once, and nothing else', async () => {
    const { worlds } = await locateWorlds();
    const { path } = worlds.find(({ entry }) => entry.name === 'coinrun-int4')!;
    const own = join(folder, 'coinrun-int4.safetensors');
    await writeFile(own, await readFile(path));
    const out = join(folder, 'once');
    const site = (...names: string[]) =>
      snowglobe(['site', ...names, '--out', out, '--page', page, '--json']);
    const twice = await site('coinrun-int4', path);
    expect(JSON.parse(twice.stdout)).toMatchObject({ worlds: ['coinrun-int4'] });
    const alike = await site('coinrun-int4', own);
    expect(alike.code).toBe(1);
    expect(alike.stderr).toContain(
      `${own}: another world is called 'coinrun-int4', too (${path}); rename one`,
    );
  });
});

describe('generate --replay', () => {
  test('plays a recorded session again, as a script does', async () => {
    const { worlds } = await locateWorlds();
    const picture = worlds.find(({ entry }) => entry.name === 'coinrun')!.prompts[0]!;
    const replay = join(folder, 'walk.json');
    const session = { world: 'coinrun', seed: 7, temperature: 0, confidenceThreshold: 0, fps: 20 };
    const actions = ['right', 'right', 'right', 'up', 'up'];
    await writeFile(
      replay,
      encodeReplay({ ...session, actions, prompt: decodeImage(await readFile(picture)) }),
    );
    const again = ['--executor', 'onnx', '--out', join(folder, 'a.gif'), '--codes', '--json'];
    const a = await snowglobe(['generate', '--replay', replay, ...again]);
    const script = ['--world', 'coinrun', '--prompt', picture, '--actions', 'right*3 up*2'];
    const same = ['--seed', '7', '--temperature', '0', '--confidence-threshold', '0'];
    const b = await snowglobe(['generate', ...script, ...same, ...again]);
    expect([a.code, b.code]).toEqual([0, 0]);
    const [replayed, expected] = [a, b].map(({ stdout }) => JSON.parse(stdout) as { codes: number[][] });
    expect(replayed!.codes).toHaveLength(5);
    expect(replayed!.codes).toEqual(expected!.codes);
  });

  test('what is missing or no replay is told', async () => {
    const bare = await snowglobe(['generate', '--world', 'coinrun']);
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringMatching(/--prompt, --actions is missing/)]);
    const text = join(folder, 'text.json');
    await writeFile(text, 'hello');
    const wrong = await snowglobe(['generate', '--replay', text]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/it is no JSON .*use a replay/)]);
  });
});
