/** Worlds whose actions have no names yet. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import { byId, prompt, serveWorld, usePage } from './served_page.js';

const served = usePage(async (folder) => {
  const { metadata, tensors } = untrainedWorld();
  const names = Array.from({ length: 8 }, (_, code) => `code ${code}`);
  const { keys: _, ...rest } = metadata;
  const path = join(folder, 'nameless.safetensors');
  await writeFile(
    path,
    encodeWorld({ metadata: { ...rest, actionNames: names, codeToAction: names }, tensors }),
  );
  return serveWorld(path);
});

test('a world whose keys nobody named is tried and named on the page, and remembers it', async () => {
  const { page, complaints } = await served.visit({ picture: prompt(1) });
  await waitForFrame(page, 3);
  expect(await globe(page, (element) => new Set(element.replay().actions).size)).toBe(1);

  const button = (await page.getByRole('button', { name: 'code 5' }).boundingBox())!;
  await page.mouse.move(button.x + 5, button.y + 5);
  await page.mouse.down();
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + 6);
  await page.mouse.up();
  await byId(page, 'key-right').selectOption('code 5');
  await page.locator('snow-globe').focus();
  const before = await globe(page, ({ index }) => index);
  await page.keyboard.down('ArrowRight');
  await waitForFrame(page, before + 6);
  await page.keyboard.up('ArrowRight');
  const actions = await globe(page, (element) => element.replay().actions);
  expect(new Set(actions)).toEqual(new Set(['none', 'code 5']));
  expect(actions.slice(before).filter((each) => each === 'code 5').length).toBeGreaterThan(2);
  expect(await violations(page)).toEqual([]);
  await page.reload();
  await byId(page, 'choose').setInputFiles(prompt(1));
  await waitForFrame(page, 1);
  await byId(page, 'name-keys').waitFor();
  expect(await byId(page, 'key-right').inputValue()).toBe('code 5');
  expect(complaints).toEqual([]);
});
