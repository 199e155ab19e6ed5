/** Worlds with more actions than directions: their keys on the page, and as buttons for mice and fingers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { untrainedPatches } from '@snowglobe/runtime/testing';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import type { WatchedPage } from './browser.js';
import { compareWithNode, globe, waitForFrame } from './globe.js';
import { prompt, serveWorld, usePage } from './served_page.js';

const actionNames = ['noop', 'move_left', 'move_right', 'do', 'place_table', 'make_wood_pickaxe'];
const pathIn = (folder: string): string => join(folder, 'steps.safetensors');
const served = usePage(async (folder) => {
  const { metadata, tensors } = untrainedPatches();
  await writeFile(pathIn(folder), encodeWorld({ metadata: { ...metadata, actionNames }, tensors }));
  return serveWorld(pathIn(folder));
});
const visit = (options: BrowserContextOptions = {}): Promise<WatchedPage> =>
  served.visit({ ...options, picture: prompt(1) });

const index = (page: Page): Promise<number> => globe(page, (element) => element.index);
const actionsFrom = async (page: Page, from: number): Promise<readonly string[]> =>
  (await globe(page, (element) => element.replay().actions.map(String))).slice(from);
const count = (actions: readonly string[], action: string): number =>
  actions.filter((each) => each === action).length;
const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

test('keys and buttons do what the legend says, at the pace of the world', async () => {
  const { page, complaints } = await visit();
  const legend = page.getByRole('group', { name: 'Keys' });
  expect((await legend.innerText()).replace(/\s+/g, ' ')).toBe(
    '← ↑ ↓ → or WASD: move Space do 1 place table 2 make wood pickaxe',
  );
  expect(await globe(page, ({ fps }) => fps)).toBe(8);

  // Space goes on while it is held; a press of a digit counts once, and walking goes on.
  const start = await index(page);
  await page.keyboard.down('Space');
  await waitForFrame(page, start + 4);
  await page.keyboard.up('Space');
  await page.keyboard.down('ArrowRight');
  await page.keyboard.press('1');
  await waitForFrame(page, start + 9);
  await page.keyboard.up('ArrowRight');
  const held = await actionsFrom(page, start);
  expect(count(held, 'do')).toBeGreaterThan(2);
  expect(count(held, 'move_right')).toBeGreaterThan(1);
  expect(count(held, 'place_table')).toBe(1);

  const clicked = await index(page);
  await button(page, 'make wood pickaxe').click();
  await waitForFrame(page, clicked + 4);
  expect(count(await actionsFrom(page, clicked), 'make_wood_pickaxe')).toBe(1);
  // The button does not keep the keyboard.
  const after = await index(page);
  await page.keyboard.press('Space');
  await waitForFrame(page, after + 3);
  expect(new Set(await actionsFrom(page, after))).toEqual(new Set(['none', 'do']));
  await button(page, 'place table').focus();
  await page.keyboard.press('Enter');
  await waitForFrame(page, (await index(page)) + 3);
  expect(count(await actionsFrom(page, after), 'place_table')).toBe(1);

  const { worst } = await compareWithNode(page, pathIn(served.folder));
  expect(worst).toBeLessThanOrEqual(2);
  expect(complaints).toEqual([]);
}, 120_000);

test.each(['light', 'dark'] as const)('the legend is in nobody’s way, %s', async (colorScheme) => {
  const { page } = await visit({ colorScheme });
  await button(page, 'place table').waitFor();
  expect(await violations(page)).toEqual([]);
});

test('on a phone fingers reach all of it, and nothing lies beside the screen', async () => {
  const { page, complaints } = await visit({
    ...{ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
  });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
  const picture = (await page.getByTestId('screen').boundingBox())!;
  for (const name of ['Left', 'Right', 'place table', 'make wood pickaxe']) {
    const { height, y } = (await button(page, name).boundingBox())!;
    expect(height).toBeGreaterThanOrEqual(44);
    // Directions on the picture, the rest below it.
    expect([name, y > picture.y + picture.height]).toEqual([name, name.includes(' ')]);
  }
  const from = await index(page);
  await button(page, 'place table').tap();
  await waitForFrame(page, from + 4);
  expect(count(await actionsFrom(page, from), 'place_table')).toBe(1);
  expect(complaints).toEqual([]);
});
