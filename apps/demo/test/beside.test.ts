/** The game itself beside the dream of it. */
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import { TrueWalk, factory } from '@snowglobe/worlds';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { globe, waitForFrame } from './globe.js';
import type { WatchedPage } from './browser.js';
import type { VisitOptions } from './served_page.js';
import { byId, serveShipped, usePage } from './served_page.js';

const served = usePage(() => serveShipped('factory', 'dungeon', 'runner'));
/** Where to put screenshots, for those who want to look. */
const screenshots = process.env['SNOWGLOBE_SCREENSHOTS'];

const look = async (page: Page, name: string): Promise<void> => {
  if (screenshots !== undefined)
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
};

/** RGB bytes of a canvas of the panel. */
const pixelsOf = (page: Page, id: string): Promise<number[]> =>
  byId(page, id).evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    // Read from a copy: the browser warns of those who read what is shown.
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    return [...copy.getImageData(0, 0, width, height).data].filter((_, i) => i % 4 < 3);
  });

/** The page with the world of the test, whatever stands first in the gallery. */
async function open(options?: VisitOptions, world = 'factory'): Promise<WatchedPage> {
  const watched = await served.visit(options);
  const { page } = watched;
  await page.locator(`[data-testid=world][data-name=${world}]`).click();
  await page.waitForFunction((name) => {
    const element = document.querySelector('snow-globe') as SnowGlobe;
    return element.promptImage && element.replay().world === name && element.index > 0;
  }, world);
  return watched;
}

/** Walks about with keys, in frames of the world, and stops. */
async function walkAbout(page: Page): Promise<void> {
  await globe(page, (element) => element.focus());
  for (const key of ['ArrowLeft', 'ArrowDown', 'ArrowRight', 'ArrowUp'] as const) {
    await page.keyboard.down(key);
    await waitForFrame(page, (await globe(page, ({ index }) => index)) + 5);
    await page.keyboard.up(key);
  }
  await globe(page, (element) => element.pause());
  await page.waitForTimeout(500);
}

/** What the game shows after the walk that the page has made. */
async function truthOf(page: Page): Promise<TrueWalk> {
  const { actions, told } = await globe(page, (element) => {
    const replay = element.replay();
    return { actions: replay.actions, told: [...replay.told!] };
  });
  const level = Number(await byId(page, 'beside-level').inputValue());
  const walk = new TrueWalk(factory as never, level);
  const sentences = new Map(told);
  for (const [at, action] of actions.entries())
    walk.step({ action: String(action), told: sentences.get(at) });
  return walk;
}

const differing = async (page: Page): Promise<number> =>
  Number(/^\s*(\d+) of 64 cells differ/.exec((await byId(page, 'beside-now').textContent())!)![1]);

test('the game goes on beside the dream with the same keys: where they differ is marked, and plotted', async () => {
  const { page, complaints } = await open({ viewport: { width: 1280, height: 900 } });
  // Not loaded before somebody wants it.
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await byId(page, 'beside').click();
  await byId(page, 'beside-now').getByText('of 64 cells differ').waitFor();
  expect(loaded.filter((url) => /\/assets\/panel-/.test(url))).toHaveLength(1);
  // The session began anew, in the first frame of the level.
  const prompt = await globe(page, (element) => [...element.promptImage!.data]);
  const first = new TrueWalk(factory as never, 7).frameAt(0);
  expect(prompt).toEqual([...first]);

  await byId(page, 'event').getByText('night falls').click();
  await walkAbout(page);
  const walk = await truthOf(page);
  expect(walk.index).toBeGreaterThanOrEqual(20);
  expect(await pixelsOf(page, 'beside-truth')).toEqual([...walk.frameAt()]);

  // What is marked is what differs.
  const dream = await globe(page, (element) => [...element.frames.at(-1)!.rgba]);
  const truth = walk.frameAt();
  const others = new Set<number>();
  for (let pixel = 0; pixel < 64 * 64; pixel++) {
    const isOther = [0, 1, 2].some((c) => truth[pixel * 3 + c] !== dream[pixel * 4 + c]);
    if (isOther) others.add(Math.floor(pixel / 512) * 8 + Math.floor((pixel % 64) / 8));
  }
  expect(await differing(page)).toBe(others.size);
  const marked = await pixelsOf(page, 'beside-difference');
  for (let cell = 0; cell < 64; cell++) {
    const pixel = Math.floor(cell / 8) * 512 + (cell % 8) * 8;
    const red = marked[pixel * 3]!;
    expect(red >= 170, `cell ${cell} is marked`).toBe(others.has(cell));
  }
  const plot = byId(page, 'beside-plot');
  expect(await plot.getAttribute('aria-label')).toMatch(
    new RegExp(`^Cells that differ, frame by frame: [\\d.]+ % in frame ${walk.index}, at most [\\d.]+ %$`),
  );
  const points = (await plot.locator('polyline').getAttribute('points'))!.split(' ');
  expect(points).toHaveLength(walk.index + 1);
  expect(await plot.locator('line.told').count()).toBe(1);
  expect(await violations(page)).toEqual([]);
  await look(page, 'beside-desktop');

  // Wound back, the game is where the dream is.
  await globe(page, (element) => element.goTo(4));
  await expect
    .poll(async () => (await plot.locator('polyline').getAttribute('points'))!.split(' ').length)
    .toBe(5);
  expect(await pixelsOf(page, 'beside-truth')).toEqual([...(await truthOf(page)).frameAt(4)]);

  // Another level is another session.
  await byId(page, 'beside-level').fill('12');
  await byId(page, 'beside-level').press('Enter');
  await page.waitForFunction(
    (expected) => (document.querySelector('snow-globe') as SnowGlobe).promptImage?.data.join() === expected,
    new TrueWalk(factory as never, 12).frameAt(0).join(),
  );
  await byId(page, 'beside-now').getByText('of 64 cells differ').waitFor();
  // A picture that is no level has no game beside it, and it is said.
  await byId(page, 'prompt').first().click();
  await byId(page, 'beside-remark').getByText('is not the beginning of a level').waitFor();
  await byId(page, 'beside').click();
  await byId(page, 'beside-truth').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

test('a link to a walk in a level finds its level again', async () => {
  const { page } = await open();
  await byId(page, 'beside').click();
  await byId(page, 'beside-now').getByText('of 64 cells differ').waitFor();
  await walkAbout(page);
  const others = await differing(page);
  await byId(page, 'copy-link').click();
  const other = await served.visit({ url: await byId(page, 'link').inputValue() });
  await other.page.waitForFunction(() => {
    const element = document.querySelector('snow-globe') as SnowGlobe;
    return element.paused && element.walkLength === 0 && element.index > 0;
  });
  await byId(other.page, 'beside').click();
  await byId(other.page, 'beside-now').getByText('of 64 cells differ').waitFor();
  expect(await globe(other.page, ({ index }) => index)).toBe(await globe(page, ({ index }) => index));
  expect(await differing(other.page)).toBe(others);
  const points = await byId(other.page, 'beside-plot').locator('polyline').getAttribute('points');
  expect(points).toBe(await byId(page, 'beside-plot').locator('polyline').getAttribute('points'));
});

test.each(['dungeon', 'runner'])('%s has its game beside it, too', async (name) => {
  const { page, complaints } = await open({}, name);
  await byId(page, 'beside').click();
  await byId(page, 'beside-now').getByText('of 64 cells differ').waitFor();
  await walkAbout(page);
  const plot = byId(page, 'beside-plot');
  expect(await plot.getAttribute('aria-label')).toMatch(
    /^Cells that differ, frame by frame: [\d.]+ % in frame \d+/,
  );
  const points = (await plot.locator('polyline').getAttribute('points'))!.split(' ');
  expect(points.length).toBe((await globe(page, ({ index }) => index)) + 1);
  await look(page, `beside-${name}`);
  // Both begin alike, as far as the world has tiles for it.
  await globe(page, (element) => element.goTo(0));
  await byId(page, 'beside-plot')
    .and(page.getByLabel(/in frame 0,/))
    .waitFor();
  expect(await differing(page)).toBeLessThanOrEqual(4);
  expect(complaints).toEqual([]);
});

test('on a phone the dream stays as large, with the game and the difference below it', async () => {
  const { page } = await open({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const before = (await page.locator('snow-globe').boundingBox())!.width;
  await byId(page, 'beside').click();
  await byId(page, 'beside-now').getByText('of 64 cells differ').waitFor();
  await waitForFrame(page, 20);
  await globe(page, (element) => element.pause());
  expect((await page.locator('snow-globe').boundingBox())!.width).toBe(before);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
  await look(page, 'beside-phone');
});
