/** What the codes of a world do that was learned without labels. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import { byId, serveCoinrun, usePage } from './served_page.js';

const served = usePage(serveCoinrun);
const screenshots = process.env['SNOWGLOBE_SCREENSHOTS'];

test('strips show what each code leads to; one is played as it was shown, and named, which is remembered', async () => {
  const { page, complaints } = await served.visit();
  await waitForFrame(page, 10);
  await byId(page, 'explore-look').click();
  await expect.poll(() => byId(page, 'strip').count()).toBe(8);
  expect(await globe(page, ({ paused }) => paused)).toBe(true);
  const from = await globe(page, ({ index }) => index);
  expect(await byId(page, 'explore-remark').textContent()).toContain(`From frame ${from} on.`);
  // What is painted is what the world says, and the codes are not all alike.
  const strips = await byId(page, 'strip')
    .locator('canvas')
    .evaluateAll((canvases) =>
      canvases.map((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
        copy.drawImage(canvas as HTMLCanvasElement, 0, 0);
        return [...copy.getImageData(192, 0, 64, 64).data];
      }),
    );
  const ahead = await globe(page, async (element) => {
    const frames = await element.lookAhead(2, { frames: 8 });
    return [...frames.at(-1)!.rgba];
  });
  expect(strips[2]).toEqual(ahead);
  expect(new Set(strips.map(String)).size).toBeGreaterThan(3);
  expect(await globe(page, ({ index }) => index)).toBe(from);
  if (screenshots !== undefined)
    await page.screenshot({ path: join(screenshots, 'explore.png'), fullPage: true });

  await byId(page, 'code-name').nth(2).fill('stand');
  await byId(page, 'code-name').nth(2).press('Enter');
  await byId(page, 'code-name').nth(2).blur();
  await page.getByRole('button', { name: 'Play stand' }).click();
  await byId(page, 'explore-remark').getByText('stand was done for 8 frames').waitFor();
  expect(await globe(page, (element) => [element.index, element.replay().actions.slice(-8)])).toEqual([
    from + 8,
    new Array(8).fill(2),
  ]);
  expect(await violations(page)).toEqual([]);

  await page.reload();
  await waitForFrame(page, 2);
  await byId(page, 'explore-look').click();
  await expect.poll(() => byId(page, 'code-name').nth(2).inputValue()).toBe('stand');
  expect(complaints).toEqual([]);
});
