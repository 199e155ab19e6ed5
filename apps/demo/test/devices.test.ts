/** The page tells what the server plays on, while it plays there. */
import { locateWorlds } from '@snowglobe/runtime';
import { createPlayServer } from '@snowglobe/server';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { siteFolder } from './folders.js';
import { byId, usePage } from './served_page.js';

const served = usePage(async () => {
  const { worlds } = await locateWorlds();
  const server = await createPlayServer({
    ...{ page: siteFolder, port: 0, probes: true },
    worlds: worlds.filter(({ entry }) => entry.name === 'coinrun-int4'),
    executor: { devices: ['onnx', 'reference'], threads: 1 },
  });
  await server.warm('coinrun-int4');
  return server;
});

test('devices stand beside the picture with their sessions, and go when the world is played elsewhere', async () => {
  const { page, complaints } = await served.visit();
  await byId(page, 'run').selectOption('server');
  const devices = byId(page, 'devices');
  await devices
    .locator('li')
    .filter({ hasText: /ONNX Runtime.*\s+1 session, \d+ frames\/s/ })
    .waitFor();
  expect(await devices.locator('li').count()).toBe(2);
  expect(await devices.locator('li').nth(1).textContent()).toMatch(
    /0 sessions.*a frame of so many at once: 1: /s,
  );
  expect(await violations(page)).toEqual([]);
  await byId(page, 'run').selectOption('cpu');
  await devices.waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
}, 120_000);
