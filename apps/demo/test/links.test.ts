/** Walks that are shared: a link or a file, opened in another browser. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import { byId, serveCrafter, usePage } from './served_page.js';
import { framesOf, isWalked } from './walked.js';

const served = usePage(serveCrafter);

/** Walks about from a picture of the gallery with a seed of its own. */
async function walkAbout(page: Page): Promise<void> {
  await byId(page, 'prompt').nth(3).click();
  await byId(page, 'seed').fill('11');
  await byId(page, 'seed').press('Enter');
  await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).replay().seed === 11);
  await globe(page, (element) => element.focus());
  for (const key of ['ArrowLeft', 'ArrowUp', 'Space', 'ArrowRight']) {
    await page.keyboard.down(key);
    await waitForFrame(page, (await globe(page, ({ index }) => index)) + 5);
    await page.keyboard.up(key);
  }
  await globe(page, (element) => element.pause());
  await page.waitForTimeout(500);
}

test('a link leads to the same frames in another browser, and so does a replay file; a key takes over', async () => {
  const { page } = await served.visit();
  await walkAbout(page);
  await byId(page, 'copy-link').click();
  const link = await byId(page, 'link').inputValue();
  expect(link).toMatch(/#walk=1\.[0-9a-f]{8}\.[\w-]+$/);
  expect(link.length).toBeLessThan(700);
  const walked = await framesOf(page);
  expect(walked.length).toBeGreaterThan(20);
  const replay = await globe(page, (element) => {
    const { prompt, ...rest } = element.replay();
    return { ...rest, prompt: { ...prompt, data: [...prompt.data] } };
  });

  const other = await served.visit({ url: link });
  await isWalked(other.page);
  expect(await framesOf(other.page)).toEqual(walked);
  expect(await byId(other.page, 'seed').inputValue()).toBe('11');
  expect(await byId(other.page, 'prompt').nth(3).getAttribute('aria-pressed')).toBe('true');
  expect(await byId(other.page, 'error').count()).toBe(0);
  // From there one goes on by oneself.
  await byId(other.page, 'pause').click();
  await waitForFrame(other.page, walked.length + 2);

  const { encodeReplay } = await import('@snowglobe/runtime');
  const file = join(served.folder, 'walk.snowglobe.json');
  await writeFile(
    file,
    encodeReplay({ ...replay, prompt: { ...replay.prompt, data: Uint8Array.from(replay.prompt.data) } }),
  );
  await byId(other.page, 'load-replay').setInputFiles(file);
  await isWalked(other.page);
  expect(await framesOf(other.page)).toEqual(walked);

  await byId(other.page, 'load-replay').setInputFiles(file);
  await byId(other.page, 'walk').waitFor();
  await globe(other.page, (element) => element.press('right'));
  await other.page.waitForFunction(
    () => (document.querySelector('snow-globe') as SnowGlobe).walkLength === 0,
  );
  expect(await globe(other.page, ({ paused }) => paused)).toBe(false);
  await globe(other.page, (element) => element.release('right'));
  expect(await violations(other.page)).toEqual([]);
  expect(other.complaints).toEqual([]);
});

test('a link that was cut, changed or made up gives a sentence, and the game goes on with the gallery', async () => {
  const { page } = await served.visit({ url: `${served.server.url}#walk=1.00000000.AAAA` });
  const error = byId(page, 'error');
  await error.waitFor();
  expect(await error.textContent()).toContain(
    'link: it was cut off or changed on the way; copy all of it again.',
  );
  const hashes = [
    '#walk=9.00000000.A',
    '#walk=',
    `#walk=1.${'x'.repeat(50_000)}`,
    '#walk=1.%00<script>alert(1)</script>',
  ];
  for (const hash of hashes) {
    await error.getByRole('button').click();
    await page.evaluate((value) => (location.hash = value), hash);
    await error.waitFor();
    expect((await error.textContent())!.length).toBeLessThan(300);
  }
  const file = join(served.folder, 'no-replay.json');
  await writeFile(file, '{"format":"x"}');
  await error.getByRole('button').click();
  await byId(page, 'load-replay').setInputFiles(file);
  await error.waitFor();
  expect(await error.textContent()).toContain("'no-replay.json': is no replay");
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + 3);
  expect(await globe(page, (element) => element.replay().world)).toBe('crafter');
});

test('a sentence and its drawing travel with the link; foreign, long and hostile ones give a sentence', async () => {
  const { page } = await served.visit();
  const remark = byId(page, 'words-remark');
  for (const text of ['一片湖', '<script>alert(document)</script>', 'ש\u202e\u0000', 'z'.repeat(100_000)]) {
    await byId(page, 'sentence').fill(text);
    await byId(page, 'imagine').click();
    await expect.poll(() => remark.textContent()).toMatch(/(knows none of its words|characters)/);
    expect((await remark.textContent())!.length).toBeLessThan(1200);
    // What is said next is a new sentence.
    await page.evaluate(() =>
      (document.querySelector('words-panel') as HTMLElement & { forget(): void }).forget(),
    );
  }
  await byId(page, 'sentence').fill('a lake in the west');
  await byId(page, 'imagine').click();
  await expect.poll(() => byId(page, 'imagined').count()).toBe(8);
  await byId(page, 'imagined').nth(2).click();
  await waitForFrame(page, 3);
  await globe(page, (element) => element.pause());
  await page.waitForTimeout(500);
  await byId(page, 'copy-link').click();
  const link = await byId(page, 'link').inputValue();
  expect(link.length).toBeLessThan(700);
  const walked = await framesOf(page);
  const other = await served.visit({ url: link });
  await isWalked(other.page);
  expect(await framesOf(other.page)).toEqual(walked);
  expect(await byId(other.page, 'error').count()).toBe(0);
});
