/** Pictures that the page's world is started from. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import { byId, prompt, serveCoinrun, usePage } from './served_page.js';

const served = usePage(serveCoinrun);

/** Waits until a session has begun that starts from other pixels than the last one. */
async function waitForPrompt(page: Page, act: () => Promise<unknown>): Promise<number[]> {
  const before = await globe(page, (element) => [...element.promptImage!.data]);
  await act();
  await page.waitForFunction(
    (old) => {
      const data = (document.querySelector('snow-globe') as SnowGlobe).promptImage?.data;
      return data && (data.length !== old.length || old.some((value, i) => value !== data[i]));
    },
    before,
    { timeout: 20_000 },
  );
  return globe(page, (element) => [...element.promptImage!.data]);
}

test('pictures of the gallery', async () => {
  const { page, complaints } = await served.visit();
  const buttons = byId(page, 'prompt');
  expect(await buttons.count()).toBe(16);
  expect(await buttons.nth(0).getAttribute('aria-pressed')).toBe('true');
  await waitForPrompt(page, () => buttons.nth(4).click());
  await page.waitForFunction(
    () => document.querySelectorAll('[data-testid=prompt]')[4]!.getAttribute('aria-pressed') === 'true',
  );
  // The keys go to the world at once, and space jumps rather than press the button again.
  await page.keyboard.down('Space');
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + 5);
  await page.keyboard.up('Space');
  expect(await globe(page, (element) => element.replay().actions)).toContain('up');
  expect(complaints).toEqual([]);
});

test('pictures that are chosen, dropped or pasted', async () => {
  const { page } = await served.visit();
  await waitForPrompt(page, () => byId(page, 'choose').setInputFiles(prompt(3)));
  for (const [type, n] of [
    ['drop', 4],
    ['paste', 5],
  ] as const) {
    const bytes = [...(await readFile(prompt(n)))];
    await waitForPrompt(page, () =>
      page.evaluate(
        ({ type, bytes }) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(bytes)], 'level.png', { type: 'image/png' }));
          const init = { bubbles: true, cancelable: true };
          document.body.dispatchEvent(
            type === 'drop'
              ? new DragEvent('drop', { ...init, dataTransfer: data })
              : new ClipboardEvent('paste', { ...init, clipboardData: data }),
          );
        },
        { type, bytes },
      ),
    );
  }
  await waitForFrame(page, (await globe(page, ({ index }) => index)) + 3);
});

test('pictures that are none are refused in one sentence, and the game goes on', async () => {
  const { page } = await served.visit();
  await writeFile(join(served.folder, 'notes.png'), 'no picture at all');
  // A header that promises 50,000 by 50,000 pixels.
  const huge = await readFile(prompt(1));
  huge.writeUInt32BE(50_000, 16);
  huge.writeUInt32BE(50_000, 20);
  await writeFile(join(served.folder, 'huge.png'), huge);
  for (const [name, message] of [
    ['notes.png', /'notes\.png' is no picture that can be read; use a PNG/],
    ['huge.png', /'huge\.png' is 50000x50000, more than 64 megapixels; scale it down first/],
  ] as const) {
    await byId(page, 'choose').setInputFiles(join(served.folder, name));
    const alert = byId(page, 'error');
    await alert.filter({ hasText: message }).waitFor();
    expect(await alert.getAttribute('role')).toBe('alert');
    await waitForFrame(page, (await globe(page, ({ index }) => index)) + 3);
    await alert.getByRole('button').click();
    await alert.waitFor({ state: 'detached' });
  }
});

test('pictures that are drawn', async () => {
  const { page, complaints } = await served.visit();
  await byId(page, 'draw-open').click();
  const canvas = byId(page, 'draw-canvas');
  const box = (await canvas.boundingBox())!;
  await page.getByRole('button', { name: 'Colour #d63c32' }).click();
  await page.getByRole('button', { name: '4 px' }).click();
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.8);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.8, { steps: 4 });
  await page.mouse.up();
  // By keyboard: the cursor begins in the middle.
  await canvas.focus();
  await page.keyboard.press('Space');
  expect(await violations(page)).toEqual([]);
  const data = await waitForPrompt(page, () => byId(page, 'draw-start').click());
  const at = (x: number, y: number): number[] => data.slice((y * 64 + x) * 4, (y * 64 + x) * 4 + 4);
  expect([at(32, 51), at(32, 32)]).toEqual([
    [214, 60, 50, 255],
    [214, 60, 50, 255],
  ]);
  expect(at(5, 5)).not.toEqual(at(32, 51));
  await waitForFrame(page, 5);
  expect(await globe(page, ({ state }) => state)).toBe('playing');
  expect(complaints).toEqual([]);
});
