/** The page with a world that knows words. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { wordyPatches } from '@snowglobe/runtime/testing';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import { byId, prompt, serveWorld, usePage } from './served_page.js';

const served = usePage(async (folder) => {
  const path = join(folder, 'wordy.safetensors');
  await writeFile(path, encodeWorld(wordyPatches()));
  return serveWorld(path);
});

test('a sentence is drawn, walked into, and drawn otherwise; what is not understood is named, and the game goes on', async () => {
  const { page, complaints } = await served.visit({ picture: prompt(1) });
  const first = await globe(page, (element) => [...element.promptImage!.data].slice(0, 400));
  const remark = byId(page, 'words-remark');
  expect(await remark.textContent()).toContain('lake, cow, west');

  await byId(page, 'sentence').fill('a spaceship');
  await byId(page, 'imagine').click();
  await expect.poll(() => remark.textContent()).toContain('knows none of its words');
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + 3);
  expect(await globe(page, (element) => [...element.promptImage!.data].slice(0, 400))).toEqual(first);

  await byId(page, 'sentence').fill('a pond and a ghost');
  await byId(page, 'imagine').click();
  await expect.poll(() => byId(page, 'imagined').count()).toBe(8);
  expect(await remark.textContent()).toMatch(/'pond' is read as 'lake'; 'ghost' is not known here/);
  const prompted = () => globe(page, (element) => [...element.promptImage!.data].join());
  const best = await prompted();
  await byId(page, 'imagined').nth(3).click();
  await expect.poll(prompted).not.toBe(best);
  expect(await byId(page, 'imagined').nth(3).getAttribute('aria-pressed')).toBe('true');
  await waitForFrame(page, 2);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('the element begins with what its text says', async () => {
  const { page } = await served.visit({ picture: prompt(1) });
  const picture = await globe(page, async (element) => {
    const { frames } = await element.imagine('a lake', { seed: 0 });
    element.text = 'a lake';
    await new Promise((resolve) => element.addEventListener('start', resolve, { once: true }));
    return [[...frames[0]!.rgba].join(), [...element.promptImage!.data].join()];
  });
  expect(picture[1]).toBe(picture[0]);
});
