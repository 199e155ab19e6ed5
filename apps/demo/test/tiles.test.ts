/** The page with a world of tiles: its map, its art, its goals, and drawings as it sees them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import { decodeImage } from '@snowglobe/media';
import { openWorld } from '@snowglobe/runtime';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { violations } from './axe.js';
import { worldsFolder } from './folders.js';
import { globe, waitForFrame } from './globe.js';
import { byId, serveCrafter, usePage } from './served_page.js';

const served = usePage(serveCrafter);
const skin = join(worldsFolder, 'skins', 'crafter-16.png');

/** Pixels of a canvas: how many there are, and how many are seen. */
const seenIn = (page: Page): Promise<{ width: number; height: number; seen: number }> =>
  globe(page, (element) => {
    const canvas = element.shadowRoot!.querySelector<HTMLCanvasElement>('[part=map]')!;
    const { width, height } = canvas;
    // Read from a copy: the browser warns of those who read what is shown.
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    return { width, height, seen: data.filter((value, i) => i % 4 === 3 && value === 255).length };
  });

test('a map grows over the picture as one walks, and can be switched off', async () => {
  const { page, complaints } = await served.visit();
  const map = page.getByRole('img', { name: /^Map of what was seen so far, / });
  await map.waitFor();
  const first = await seenIn(page);
  // Nine cells to seven, all of them seen.
  expect(first.width / first.height).toBeCloseTo(9 / 7, 1);
  expect(first.seen).toBe(first.width * first.height);
  for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown'] as const) {
    await page.keyboard.down(key);
    await waitForFrame(page, (await globe(page, ({ index }) => index)) + 8);
    await page.keyboard.up(key);
  }
  await byId(page, 'pause').click();
  await page.waitForTimeout(600);
  const grown = await seenIn(page);
  expect(grown.seen).toBeGreaterThan(first.seen * 1.1);
  // It is what Node remembers of the same keys.
  const replay = await globe(page, (element) => {
    const { prompt, ...rest } = element.replay();
    return { ...rest, prompt: { ...prompt, data: [...prompt.data] } };
  });
  const world = await openWorld('crafter', { executor: 'onnx' });
  const prompt = { ...replay.prompt, data: Uint8Array.from(replay.prompt.data) };
  const session = await world.start({ ...replay, prompt });
  for (const action of replay.actions) await session.step(action);
  const known = (await session.map())!;
  await world.close();
  expect(grown.width / grown.height).toBeCloseTo(known.width / known.height, 1);

  await byId(page, 'map').click();
  await map.waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

test('other art at another scale, in the middle of a session, here and on the CPU of the page', async () => {
  const { page, complaints } = await served.visit();
  const sizeOf = () => globe(page, (element) => element.frames.at(-1)!.width);
  // The art that comes along is what the world is shown in.
  expect(await sizeOf()).toBe(144);
  await byId(page, 'pause').click();
  const shown = await globe(page, (element) => ({
    codes: [...element.frames.at(-1)!.codes!],
    rgba: [...element.frames.at(-1)!.rgba],
  }));
  const atlas = decodeImage(await readFile(skin), skin);
  shown.codes.forEach((code, cell) => {
    const at = (Math.floor(cell / 9) * 16 * 144 + (cell % 9) * 16) * 4;
    const from = (Math.floor(code / 16) * 16 * 256 + (code % 16) * 16) * atlas.channels;
    expect(shown.rgba.slice(at, at + 3)).toEqual([...atlas.data.slice(from, from + 3)]);
  });
  const screen = () =>
    globe(page, (element) => {
      const canvas = element.shadowRoot!.querySelector<HTMLCanvasElement>('[part=screen]')!;
      return [canvas.width, canvas.height];
    });
  expect(await screen()).toEqual([144, 144]);
  await byId(page, 'art').selectOption('');
  await page.waitForFunction(
    () => (document.querySelector('snow-globe') as SnowGlobe).frames.at(-1)!.width === 64,
  );
  expect(await screen()).toEqual([64, 64]);
  await byId(page, 'choose-art').setInputFiles(skin);
  await page.waitForFunction(
    () => (document.querySelector('snow-globe') as SnowGlobe).frames.at(-1)!.width === 144,
  );
  await byId(page, 'run').selectOption('cpu');
  await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu');
  const index = await globe(page, (element) => element.index);
  await byId(page, 'step').click();
  await waitForFrame(page, index + 1);
  expect(await sizeOf()).toBe(144);
  expect(complaints).toEqual([]);

  await byId(page, 'choose-art').setInputFiles(join(worldsFolder, 'prompts', 'crafter-1.png'));
  await byId(page, 'error').waitFor();
  expect(await byId(page, 'error').textContent()).toContain('is none of 182 tiles');
});

test('a drawing in green and blue becomes meadow and lake, before one walks into it', async () => {
  const { page, complaints } = await served.visit();
  await byId(page, 'draw-open').click();
  const preview = byId(page, 'draw-preview');
  await preview.waitFor();
  const [meadow, lake] = await globe(page, async (element) => {
    const codesOf = async (colour: readonly number[]) => {
      const data = new Uint8ClampedArray(640 * 480 * 4).map((_, i) => [...colour, 255][i % 4]!);
      return [...(await element.preview({ width: 640, height: 480, data })).codes!];
    };
    return [await codesOf([30, 150, 30]), await codesOf([50, 120, 220])];
  });
  // Most frequent tile, and the third one: grass and water. What stands still is that of the session.
  expect(new Set(meadow.slice(0, 63))).toEqual(new Set([0]));
  expect(new Set(lake.slice(0, 63))).toEqual(new Set([3]));
  expect(meadow.slice(63)).toEqual(lake.slice(63));
  expect(new Set(meadow.slice(63)).size).toBeGreaterThan(3);
  // The dialog shows it in the art of the page.
  await page.waitForFunction(
    () => document.querySelector<HTMLCanvasElement>('[data-testid=draw-preview]')!.width === 144,
  );
  expect(await violations(page)).toEqual([]);
  await byId(page, 'draw-start').click();
  await waitForFrame(page, 1);
  expect(complaints).toEqual([]);
});

test('goals are read off the tiles, those that were reached at the start as such', async () => {
  const { page } = await served.visit();
  const goals = byId(page, 'goals').locator('li');
  expect(await goals.count()).toBeGreaterThan(5);
  // The first prompt has a pickaxe of wood already.
  await goals.filter({ hasText: 'wood pickaxe' }).filter({ hasText: 'from the start' }).waitFor();
});

test.each(['light', 'dark'] as const)('nothing is in the way of anyone, %s', async (colorScheme) => {
  const { page } = await served.visit({ colorScheme });
  await page.getByRole('img', { name: /^Map of what/ }).waitFor();
  expect(await violations(page)).toEqual([]);
});

test('a phone has nothing to scroll sideways', async () => {
  const { page } = await served.visit({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
});
