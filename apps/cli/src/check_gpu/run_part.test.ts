import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPart } from './run_part.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-part-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const part = (script: string, limitMs = 60_000, signal?: AbortSignal) =>
  runPart([], {
    program: [process.execPath, '-e', script, '--'],
    environment: { FROM_THE_CHECK: 'yes' },
    limitMs,
    log: join(folder, 'part.log'),
    ...(signal && { signal }),
  });

test('an answer and what was said beside it are kept', async () => {
  const outcome = await part(
    'console.error("a remark"); console.log(JSON.stringify({ seen: process.env.FROM_THE_CHECK }))',
  );
  expect(outcome).toMatchObject({ state: 'done', answer: { seen: 'yes' } });
  expect(await readFile(join(folder, 'part.log'), 'utf8')).toBe('a remark\n');
});

test('a failure says why: in the words of the command, by the exit code, by the signal that ended it', async () => {
  const said = await part('console.log(JSON.stringify({ error: "no adapter." })); process.exitCode = 1');
  expect(said).toMatchObject({ state: 'failed', reason: 'no adapter.' });
  expect(await part('process.exit(3)')).toMatchObject({
    state: 'failed',
    reason: 'the process ended with code 3',
  });
  expect(await part('process.abort()')).toMatchObject({
    state: 'failed',
    reason: 'the process was ended by SIGABRT',
  });
  const missing = await runPart([], {
    ...{ program: [join(folder, 'nothing')] as const, environment: {}, limitMs: 1000 },
    log: join(folder, 'part.log'),
  });
  expect(missing).toMatchObject({ state: 'failed', reason: expect.stringMatching(/ENOENT/) });
});

test('at its limit a part is asked to stop, and what it answers then is kept', async () => {
  const outcome = await part(
    `process.on('SIGINT', () => { console.log('{"so far": 7}'); process.exit(1); }); setInterval(() => {}, 1000);`,
    3000,
  );
  expect(outcome).toMatchObject({ state: 'out of time', answer: { 'so far': 7 } });
  const inOrder = await part(
    `process.on('SIGINT', () => { console.log('{"so far": 8}'); process.exit(130); }); setInterval(() => {}, 1000);`,
    3000,
  );
  expect(inOrder).toMatchObject({ state: 'done', answer: { 'so far': 8 } });
});

test('a part ends when the check is stopped', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 500);
  expect(await part('setInterval(() => {}, 1000)', 60_000, controller.signal)).toMatchObject({
    state: 'out of time',
  });
});
