/** The page with a world whose frames tell numbers: they stand below the picture, and the end of a game is said. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import { worldFileOf } from '@snowglobe/model';
import { readWorldFile, writeWorldFile } from '@snowglobe/runtime';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { worldsFolder } from './folders.js';
import { globe, waitForFrame } from './globe.js';
import { byId, serveWorld, usePage } from './served_page.js';

const picture = join(worldsFolder, 'prompts', 'crafter-1.png');

/** The world of tiles that comes along, but that its game is over as soon as one looks to the right. */
const served = usePage(async (folder) => {
  const path = join(folder, 'crafter.safetensors');
  const { metadata, tensors } = await readWorldFile(join(worldsFolder, 'crafter.safetensors'));
  const { readouts, ...config } = metadata.config as unknown as { readouts: { numbers: object[] } };
  const changed = {
    ...config,
    readouts: { ...readouts, end: { readout: 'facing_x', atLeast: 1 } },
  } as unknown as typeof metadata.config;
  await writeWorldFile(path, worldFileOf({ metadata: { ...metadata, config: changed }, tensors }, path));
  await mkdir(join(folder, 'prompts'));
  await copyFile(picture, join(folder, 'prompts', 'crafter-1.png'));
  return serveWorld(path);
});

test('numbers stand below the picture, and stay away where they were switched off', async () => {
  const { page, complaints } = await served.visit();
  const hud = byId(page, 'hud');
  await hud
    .locator('li')
    .filter({ hasText: /health\s+\d/ })
    .waitFor();
  const told = await globe(page, ({ readouts }) => ({ ...readouts }));
  expect(told).toMatchObject({ energy: expect.any(Number), sleeping: 0 });
  expect(await hud.locator('li').filter({ hasText: 'diamond' }).count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await byId(page, 'hud-toggle').click();
  await hud.waitFor({ state: 'detached' });
  await page.reload();
  await waitForFrame(page, 1);
  expect(await byId(page, 'hud-toggle').getAttribute('aria-pressed')).toBe('false');
  expect(await hud.count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('a game that is over is said, and begins anew', async () => {
  const { page } = await served.visit({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await globe(page, (element: SnowGlobe) => element.hold('move_right'));
  await page.getByText('Game over: begins anew').waitFor();
  await globe(page, (element: SnowGlobe) => element.hold());
  const ends = await globe(page, ({ frames }) =>
    frames.filter(({ ended }) => ended).map(({ index }) => index),
  );
  expect(ends.length).toBeGreaterThan(0);
  await waitForFrame(page, ends[0]! + 20);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
});
