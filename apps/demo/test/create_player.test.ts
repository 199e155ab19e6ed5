/** A world in a canvas, without the tag: what game engines and workers do with it. */
import type { CanvasPlayer, CreatePlayerOptions } from '@snowglobe/element/player';
import type { SnowGlobe } from '@snowglobe/element';
import { decodeImage } from '@snowglobe/media';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWorld } from '@snowglobe/runtime';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { picture, useEmbedded } from './embedded.js';
import { worldsFolder } from './folders.js';
import { globe, waitForFrame } from './globe.js';

const embedded = useEmbedded();
const actions = ['right', 'right', 'up', 'left', 'right'];
const world = {
  src: '/worlds/coinrun-int4.safetensors',
  prompt: picture,
  run: 'cpu',
  temperature: 0,
  seed: 7,
} as const;
const tiny = { ...world, src: '/own/tiny.safetensors' } as const;

type Module = { createPlayer(options: CreatePlayerOptions): Promise<CanvasPlayer> };

/** A page that has `createPlayer`, as a script of its own imports it. */
async function visit() {
  const visited = await embedded.visit('/none');
  await visited.page.addScriptTag({
    type: 'module',
    content: `import { createPlayer } from '/element/create_player.js'; Object.assign(globalThis, { createPlayer });`,
  });
  await visited.page.waitForFunction(() => 'createPlayer' in globalThis);
  return visited;
}

/** The frames of the same session in Node. */
async function expectedFrames(): Promise<number[][]> {
  const opened = await openWorld('coinrun-int4', { executor: 'onnx', threads: 1 });
  const prompt = decodeImage(await readFile(join(worldsFolder, picture.replace('/worlds/', ''))));
  const session = await opened.start({ prompt, seed: 7, temperature: 0 });
  const frames = [];
  for (const action of actions) frames.push([...(await session.step(action)).rgba]);
  await opened.close();
  return frames;
}

function worst(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

test('with a manual clock a frame is drawn for each step, before it resolves, and none beside them', async () => {
  const { page, complaints } = await visit();
  const seen = await page.evaluate(
    async ({ options, script }) => {
      const { createPlayer } = globalThis as unknown as Module;
      const canvas = document.createElement('canvas');
      let frames = 0;
      const player = await createPlayer({ ...options, canvas, clock: 'manual', onFrame: () => frames++ });
      const context = canvas.getContext('2d')!;
      const drawn: number[][] = [];
      for (const action of script) {
        const { index } = await player.step(action);
        drawn.push([...context.getImageData(0, 0, canvas.width, canvas.height).data]);
        if (index !== drawn.length) throw new Error(`frame ${index} is not ${drawn.length}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      const failed = await player.step('fly').catch((error: Error) => error.message);
      const played = (() => {
        try {
          player.play();
          return 'plays';
        } catch (error) {
          return (error as Error).message;
        }
      })();
      const [a, b] = await Promise.all([player.step('left'), player.step('right')]);
      const told = player.replay().actions;
      const before = { index: player.index, size: [canvas.width, canvas.height], frames };
      player.destroy();
      player.destroy();
      const after = await player.step('left').catch((error: Error) => error.message);
      return { ...before, drawn, failed, played, pair: [a.index, b.index], told, after };
    },
    { options: world, script: actions },
  );
  const expected = await expectedFrames();
  // WebAssembly rounds in another way than the machine's own code.
  for (const [i, frame] of seen.drawn.entries()) expect(worst(frame, expected[i]!)).toBeLessThanOrEqual(2);
  expect(seen).toMatchObject({ index: 7, size: [64, 64], frames: 8, pair: [6, 7] });
  expect(seen.told).toEqual([...actions, 'left', 'right']);
  expect(seen.failed).toMatch(/knows no 'fly'/);
  expect(seen.played).toMatch(/the clock is manual; call step/);
  expect(seen.after).toMatch(/it was destroyed; create another one/);
  // This test's own readings are what Chromium remarks on.
  expect(complaints.filter((each) => !each.includes('willReadFrequently'))).toEqual([]);
  await expect.poll(() => page.workers().length).toBe(0);
});

test('with its own clock it plays on a canvas of the page, and on one that a worker has', async () => {
  const { page } = await visit();
  const count = await page.evaluate(async (options) => {
    const { createPlayer } = globalThis as unknown as Module;
    const canvas = document.createElement('canvas');
    const player = await createPlayer({ ...options, canvas, fps: 50 });
    player.hold('right');
    await new Promise<void>((resolve) => {
      const look = () => (player.index >= 5 ? resolve() : setTimeout(look, 20));
      look();
    });
    player.pause();
    const { actions: done } = player.replay();
    player.destroy();
    return [done.length, new Set(done.slice(1)).size, player.state];
  }, tiny);
  expect(count[0]).toBeGreaterThanOrEqual(5);
  expect(count.slice(1)).toEqual([1, 'idle']);

  const inWorker = await page.evaluate(async (options) => {
    const source = `
      import { createPlayer } from '${location.origin}/element/create_player.js';
      onmessage = async ({ data: { canvas, options } }) => {
        try {
          const player = await createPlayer({ ...options, canvas, clock: 'manual' });
          const { rgba } = await player.step('right');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          postMessage({ same: rgba.every((byte, i) => byte === data[i]), index: player.index });
          player.destroy();
        } catch (error) {
          postMessage({ error: String(error) });
        }
      };`;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), {
      type: 'module',
    });
    const canvas = document.createElement('canvas').transferControlToOffscreen();
    const absolute = {
      ...options,
      src: new URL(options.src, location.href).href,
      prompt: new URL(options.prompt, location.href).href,
    };
    worker.postMessage({ canvas, options: absolute }, [canvas]);
    const answer = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    worker.terminate();
    return answer;
  }, tiny);
  expect(inWorker).toEqual({ same: true, index: 1 });
});

test('what makes no sense is one sentence, and leaves no worker', async () => {
  const { page } = await visit();
  const refused = (options: object): Promise<string> =>
    page.evaluate(async (given) => {
      const { createPlayer } = globalThis as unknown as Module;
      const { webgl, stopped, ...rest } = given as CreatePlayerOptions & { webgl?: true; stopped?: true };
      const canvas = document.createElement('canvas');
      if (webgl) canvas.getContext('bitmaprenderer');
      const stop = new AbortController();
      if (stopped) setTimeout(() => stop.abort(), 30);
      return createPlayer({ ...rest, canvas, signal: stop.signal }).then(
        (player) => (player.destroy(), 'plays'),
        (error: Error) => error.message,
      );
    }, options);
  expect(await refused({ prompt: picture })).toMatch(/no world was named; give src, or server and world/);
  expect(await refused({ src: tiny.src })).toMatch(/nothing to start from; give a prompt/);
  expect(await refused({ ...tiny, clock: 'wall' })).toMatch(/no clock 'wall'; use 'own' or 'manual'/);
  expect(await refused({ ...tiny, webgl: true })).toMatch(/frames cannot be drawn there/);
  expect(await refused({ ...tiny, src: '/own/nowhere.safetensors' })).toMatch(/nowhere\.safetensors/);
  expect(await refused({ ...tiny, prompt: '/own/tiny.safetensors' })).toMatch(/no picture that can be read/);
  expect(await refused({ ...tiny, stopped: true })).toMatch(/it was destroyed/);
  await expect.poll(() => page.workers().length).toBe(0);
});

/** Presses a key, and whether the element heard it. */
async function hears(page: Page): Promise<boolean> {
  await page.keyboard.down('ArrowRight');
  const from = await globe(page, ({ index }) => index);
  await waitForFrame(page, from + 3);
  const heard = await globe(page, (element) => element.replay().actions.slice(-2).includes('right'));
  await page.keyboard.up('ArrowRight');
  return heard;
}

test('the tag shows its canvas, drawn before frame is told; controls="none" leaves the keys to the page', async () => {
  const { page } = await embedded.visit('/tag');
  await waitForFrame(page, 2);
  const same = await globe(
    page,
    (element) =>
      new Promise<boolean>((resolve) =>
        element.addEventListener(
          'frame',
          ({ detail: { rgba, width, height } }) => {
            const { data } = element.canvas!.getContext('2d')!.getImageData(0, 0, width, height);
            resolve(rgba.every((byte, i) => byte === data[i]));
          },
          { once: true },
        ),
      ),
  );
  expect(same).toBe(true);
  expect(await hears(page)).toBe(true);
  await globe(page, (element) => element.setAttribute('controls', 'none'));
  expect(await hears(page)).toBe(false);
  expect(await page.evaluate(() => (document.querySelector('snow-globe') as SnowGlobe).controls)).toBe(
    'none',
  );
  await globe(page, (element) => element.removeAttribute('controls'));
  expect(await hears(page)).toBe(true);
});
