import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openRemoteWorld } from '@snowglobe/runtime';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 90_000 });

const runner = fileURLToPath(new URL('../../../../scripts/source.mjs', import.meta.url));
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Starts `snowglobe serve` as a person would, and waits for its answer. */
async function started(args: readonly string[]) {
  const child = spawn(
    process.execPath,
    [runner, main, 'serve', '--port', '0', '--executor', 'onnx', '--json', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  ends.push(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const stdout = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.endsWith('\n')) resolve(text);
    });
    void ended.then(() => reject(new Error(`it ended: ${stderr}`)));
  });
  return {
    ...{ child, ended },
    answer: JSON.parse(stdout) as { url: string; play: string; worlds: string[]; sessions: number },
    lines: () =>
      stderr
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('plays worlds for others, says what happens in a line each, and ends in good order', async () => {
  const { child, ended, answer, lines } = await started([
    ...['coinrun-int4', '--log', 'json', '--max-sessions', '1', '--threads', '1'],
  ]);
  expect(answer).toMatchObject({ worlds: ['coinrun-int4'], sessions: 1 });
  expect(answer.play).toMatch(/^ws:\/\/localhost:\d+\/play$/);
  const world = await openRemoteWorld(answer.play, { world: 'coinrun-int4', WebSocket });
  await world.start({ prompt: { width: 4, height: 4, data: new Uint8Array(64).fill(90) }, seed: 3 });
  expect((await world.step('right')).index).toBe(1);
  await expect(openRemoteWorld(answer.url, { world: 'coinrun-int4', WebSocket })).rejects.toThrow(
    /The only place on this server is taken/,
  );
  const health = (await (await fetch(`${answer.url}healthz`)).json()) as object;
  expect(health).toEqual({ ok: true, worlds: ['coinrun-int4'], sessions: 1, places: 1 });
  expect(await (await fetch(`${answer.url}metrics`)).text()).toMatch(/^snowglobe_frames_total\{.*\} 1$/m);
  expect((await fetch(answer.url)).status).toBe(404);
  world.close();
  await vi.waitFor(() => expect(lines().at(-1)).toMatchObject({ event: 'closed', frames: 1 }), 10_000);
  const events = lines().map(({ event }) => event);
  expect(events.filter((event) => event !== 'ready')).toEqual(['connected', 'started', 'refused', 'closed']);
  for (const { time } of lines()) expect(Date.parse(String(time))).toBeGreaterThan(1e12);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test.each([
  [['serve', 'moon'], 1, /world: there is no 'moon' among .*coinrun/],
  [['serve', '--max-sessions', '0'], 2, /integer from 1 to 500/],
  [['serve', '--idle', '-1'], 2, /number from 0 to 1440/],
  [['serve', '--log', 'xml'], 2, /text, json, none/],
  [['serve', '--origin', 'a.example/x'], 2, /It must be an origin, such as https:\/\/a\.example/],
  [['serve', '--host', '192.0.2.7', '--port', '0'], 1, /cannot listen on 192\.0\.2\.7/],
])('%j is one sentence', async (args, expected, message) => {
  const { code, stderr } = await snowglobe(args);
  expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
});
