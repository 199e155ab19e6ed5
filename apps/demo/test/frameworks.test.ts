/** What frameworks do with the tag: they make it, move it, remove it, and set whatever they have. */
import type { SnowGlobe } from '@snowglobe/element';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { outcome, tag, useEmbedded } from './embedded.js';
import { globe, waitForFrame } from './globe.js';

const embedded = useEmbedded();

const workers = (page: Page): Promise<number> =>
  page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600))).then(() => page.workers().length);
const make = (page: Page): Promise<void> =>
  page.evaluate(
    ({ source }) => {
      const holder = document.createElement('template');
      holder.innerHTML = source;
      (globalThis as { made?: Element }).made = holder.content.firstElementChild!;
    },
    { source: tag() },
  );

test('values that were not filled in are the defaults', async () => {
  const { page } = await embedded.visit('/unfilled');
  expect(await outcome(page)).toMatch(/wasm/);
  const read = await globe(page, ({ seed, fps, temperature, keymap, run }) => [
    seed,
    fps,
    temperature ?? null,
    keymap,
    run,
  ]);
  expect(read).toEqual([0, 24, null, {}, 'cpu']);
  const after = await globe(page, async (element) => {
    for (const name of ['seed', 'fps', 'temperature', 'run', 'server', 'world', 'keymap']) {
      element.setAttribute(name, 'abc');
      element.removeAttribute(name);
    }
    Object.assign(element, { seed: '7', fps: null, temperature: null, keymap: undefined });
    element.pause();
    await element.restart();
    await element.step();
    return [element.index, element.replay().seed];
  });
  expect(after).toEqual([1, 7]);
});

test('attached and removed in one task, or told of a world after it was removed: no worker is left', async () => {
  const { page } = await embedded.visit('/none');
  await make(page);
  await page.evaluate(async () => {
    const { made } = globalThis as unknown as { made: SnowGlobe };
    await customElements.whenDefined('snow-globe');
    document.body.append(made);
    made.remove();
    const other = document.createElement('snow-globe');
    document.body.append(other);
    await other.updateComplete;
    other.remove();
    Object.assign(other, { run: 'cpu', src: made.src, prompt: made.prompt });
  });
  expect(await workers(page)).toBe(0);
  // Removed while it is being opened, at every moment of that.
  for (const ms of [0, 5, 20, 60, 150, 400]) {
    await page.evaluate(async (wait) => {
      const { made } = globalThis as unknown as { made: SnowGlobe };
      document.body.append(made);
      await new Promise((resolve) => setTimeout(resolve, wait));
      made.remove();
    }, ms);
  }
  await expect.poll(() => page.workers().length).toBe(0);
  expect(await page.evaluate(() => (globalThis as unknown as { made: SnowGlobe }).made.state)).toBe('idle');
});

test('moved about in the document, the game goes on, with one worker', async () => {
  const { page, complaints } = await embedded.visit('/tag');
  await waitForFrame(page, 3);
  const most = await globe(page, async (element) => {
    for (let i = 0; i < 10; i++) {
      document.body.append(document.createElement('p'), element);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return element.index;
  });
  expect(most).toBeGreaterThanOrEqual(3);
  expect(page.workers().length).toBe(1);
  await waitForFrame(page, most + 5);
  expect(complaints).toEqual([]);
});

test('places that are chosen in quick succession: the last one counts, and one worker is left', async () => {
  const { page } = await embedded.visit('/tag');
  await waitForFrame(page, 3);
  await globe(page, async (element) => {
    for (const run of ['gpu', 'cpu', 'gpu'] as const) {
      element.run = run;
      await element.updateComplete;
      await element.restart();
    }
  });
  // The browser tells the test of a worker's end a little later than it ends.
  await expect.poll(() => page.workers().length).toBeLessThanOrEqual(2);
  await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'gpu');
  await expect.poll(() => page.workers().length).toBe(1);
  const { index } = await globe(page, ({ index }) => ({ index }));
  await waitForFrame(page, index + 3);
});

test('goTo as a slider does: all settle, and the last one counts', async () => {
  const { page } = await embedded.visit('/tag');
  await globe(page, (element) => void (element.fps = 0));
  await waitForFrame(page, 50);
  const at = await globe(page, async (element) => {
    element.pause();
    await Promise.all(Array.from({ length: 40 }, (_, i) => element.goTo(Math.max(element.oldest, 47 - i))));
    const before = element.index;
    await element.step();
    return [before, element.index, element.frames.at(-1)!.index];
  });
  expect(at).toEqual([8, 9, 9]);
});
