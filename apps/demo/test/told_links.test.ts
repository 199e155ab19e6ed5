/** Walks in which something was told, shared as a link and as a file. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { globe, waitForFrame } from './globe.js';
import { byId, serveShipped, usePage } from './served_page.js';
import { framesOf, isWalked } from './walked.js';

const served = usePage(() => serveShipped('factory'));

/** What was told, and which frames say so. */
const toldIn = (page: Page) =>
  globe(page, (element) => ({
    replay: element.replay().told!,
    frames: element.frames
      .filter(({ told }) => told !== undefined)
      .map(({ index, told }) => [index - 1, told!]),
  }));

/** Walks on for some frames with a key held. */
async function walkOn(page: Page, key: string, frames: number): Promise<void> {
  await globe(page, (element) => element.focus());
  await page.keyboard.down(key);
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + frames);
  await page.keyboard.up(key);
}

test('a link leads through what was told in the walk, to the same frames; so does the file of its replay', async () => {
  const { page, complaints } = await served.visit();
  await byId(page, 'prompt').nth(2).click();
  await walkOn(page, 'ArrowLeft', 5);
  await byId(page, 'event').getByText('night falls').click();
  await walkOn(page, 'ArrowDown', 5);
  await byId(page, 'happening').fill('the belt stops');
  await byId(page, 'tell').click();
  await walkOn(page, 'ArrowRight', 5);
  // Told, and wound back again: no part of the walk.
  const { index } = await globe(page, (element) => ({ index: element.index }));
  await byId(page, 'event').getByText('a parcel arrives').click();
  await waitForFrame(page, index + 3);
  await globe(page, async (element) => {
    element.pause();
    const said = element.frames.find(({ told }) => told === 'a parcel arrives')!;
    await element.goTo(said.index - 1);
  });
  await expect.poll(() => toldIn(page).then(({ replay }) => replay.length)).toBe(2);
  const told = await toldIn(page);
  expect(told.replay.map(([, sentence]) => sentence)).toEqual(['night falls', 'the belt stops']);
  expect(told.frames).toEqual(told.replay);
  const walked = await framesOf(page);
  expect(walked.length).toBeGreaterThan(15);
  await byId(page, 'copy-link').click();
  const link = await byId(page, 'link').inputValue();
  expect(link.length).toBeLessThan(700);
  const download = page.waitForEvent('download');
  await byId(page, 'save-replay').click();
  const file = await (await download).path();
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 2, told: told.replay });

  const other = await served.visit({ url: link });
  await byId(other.page, 'events-remark').getByText('Told: night falls.').waitFor();
  await isWalked(other.page);
  expect(await framesOf(other.page)).toEqual(walked);
  expect(await toldIn(other.page)).toEqual(told);
  expect(await byId(other.page, 'events-remark').textContent()).toContain('Told: the belt stops.');
  await byId(other.page, 'load-replay').setInputFiles({
    ...{ name: 'walk.snowglobe.json', mimeType: 'application/json', buffer: await readFile(file) },
  });
  await byId(other.page, 'walk').waitFor();
  await isWalked(other.page);
  expect(await framesOf(other.page)).toEqual(walked);
  expect(await toldIn(other.page)).toEqual(told);
  expect(await byId(other.page, 'error').count()).toBe(0);
  expect([...complaints, ...other.complaints]).toEqual([]);
});
