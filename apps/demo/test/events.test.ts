/** The page with a world that can be told events. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { eventfulPatches } from '@snowglobe/runtime/testing';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import { byId, prompt, serveWorld, usePage } from './served_page.js';

const served = usePage(async (folder) => {
  const path = join(folder, 'eventful.safetensors');
  await writeFile(path, encodeWorld(eventfulPatches()));
  return serveWorld(path);
});

test('what the world knows is told by a button or in words; what it does not know is named, and the game goes on', async () => {
  const { page, complaints } = await served.visit({ picture: prompt(1) });
  await waitForFrame(page, 3);
  const told = () => globe(page, (element) => element.replay().told!.map(([, sentence]) => sentence));
  expect(await byId(page, 'event').allInnerTexts()).toEqual(['night falls', 'the day breaks']);
  await byId(page, 'event').first().click();
  await expect.poll(told).toEqual(['night falls']);
  const remark = byId(page, 'events-remark');
  expect(await remark.textContent()).toContain('Told: night falls.');

  await byId(page, 'happening').fill('a comet strikes');
  await byId(page, 'tell').click();
  await expect.poll(() => remark.textContent()).toContain(`'comet' is not known here`);
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + 3);
  await byId(page, 'happening').fill('day breaks');
  await byId(page, 'tell').click();
  await expect.poll(told).toEqual(['night falls', 'the day breaks']);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
