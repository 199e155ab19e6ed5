import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@snowglobe/media';
import { encodeWorld } from '@snowglobe/model';
import { openWorld } from '@snowglobe/runtime';
import { protocolVersion } from '@snowglobe/runtime/internal';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import type { SnowGlobe } from '@snowglobe/element';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StaticHost, WatchedPage } from './browser.js';
import { beforeWorker, isolation, serveFolders, useBrowser } from './browser.js';
import { elementFolder, worldsFolder } from './folders.js';
import { compareWithNode, globe, waitForFrame } from './globe.js';

const long = process.env['SNOWGLOBE_LONG_TESTS'] !== undefined;
const script = [...repeat('right', 6), ...repeat('up', 5), ...repeat('left', 5)];

function repeat(action: string, times: number): string[] {
  return new Array<string>(times).fill(action);
}

let folder: string;
let host: StaticHost;

/** A page as anyone would write it: one script, one tag. */
const embedding = (attributes: string, element = '/element/snow-globe.js'): string => `<!doctype html>
<html lang="en"><title>A page of someone else</title>
<script type="module" src="${element}"></script>
<body style="width: 400px"><snow-globe ${attributes}></snow-globe></body></html>`;
const tiny = 'src="/own/tiny.safetensors" prompt="/worlds/prompts/coinrun-2.png" temperature="0"';
const coinrun = 'src="/worlds/coinrun.safetensors" prompt="/worlds/prompts/coinrun-2.png" temperature="0"';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-element-'));
  const world = encodeWorld(untrainedWorld());
  await writeFile(join(folder, 'tiny.safetensors'), world);
  await writeFile(join(folder, 'cut.safetensors'), world.subarray(0, world.length / 2));
  await writeFile(join(folder, 'note.png'), 'this is text');
  host = await serveFolders(
    { '/element/': elementFolder, '/worlds/': worldsFolder, '/own/': folder },
    {
      '/tiny': embedding(`${tiny} run="cpu"`),
      '/gpu': embedding(`${tiny} run="gpu"`),
      '/coinrun': embedding(`${coinrun} controls`),
      '/cut': embedding(tiny.replace('tiny.s', 'cut.s')),
      '/missing': embedding(tiny.replace('tiny.s', 'nowhere.s')),
      '/text': embedding(tiny.replace('/worlds/prompts/coinrun-2.png', '/own/note.png')),
      '/empty': '<!doctype html><html lang="en"><title>Empty</title></html>',
    },
    isolation,
  );
});
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true });
});
const open = useBrowser();

async function visit(path: string, prepare?: (page: Page) => Promise<unknown>): Promise<WatchedPage> {
  const watched = await open();
  await prepare?.(watched.page);
  await watched.page.goto(new URL(path, host.url).href);
  return watched;
}

/** The codes of `script` in a worker of the page, at temperature 0. */
function codesInWorker(page: Page, executor: string, world: string): Promise<number[][]> {
  return page.evaluate(
    async ({ executor, world, script, base, protocol }) => {
      const worker = new Worker(new URL('/element/worker.js', base), { type: 'module' });
      let id = 0;
      const ask = (request: object): Promise<Record<string, unknown>> =>
        new Promise((resolve, reject) => {
          const mine = ++id;
          worker.addEventListener('message', ({ data }: MessageEvent<Record<string, unknown>>) => {
            if (data['id'] !== mine) return;
            if (data['type'] === 'failed') reject(new Error(String(data['message'])));
            else resolve(data);
          });
          worker.postMessage({ ...request, id: mine });
        });
      await ask({ type: 'open', protocol, world: new URL(world, base).href, executor });
      const bitmap = await createImageBitmap(await (await fetch('/worlds/prompts/coinrun-1.png')).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      await ask({ type: 'start', prompt: { width, height, data }, seed: 7, temperature: 0 });
      const codes: number[][] = [];
      for (const action of script) {
        const { frame } = (await ask({ type: 'step', action, codes: true })) as {
          frame: { codes: number[] };
        };
        codes.push(frame.codes);
      }
      worker.terminate();
      return codes;
    },
    { executor, world, script, base: host.url, protocol: protocolVersion },
  );
}

/** The same in Node. */
async function codesInNode(path: string): Promise<number[][]> {
  const world = await openWorld(path, { executor: 'onnx' });
  const image = decodeImage(await readFile(join(worldsFolder, 'prompts', 'coinrun-1.png')));
  const session = await world.start({ prompt: image, seed: 7, temperature: 0 });
  const codes: number[][] = [];
  for (const action of script) codes.push([...(await session.step(action, { codes: true })).codes!]);
  await world.close();
  return codes;
}

describe('tokens at temperature 0', () => {
  test('of the default world are the same in WebAssembly and in Node', async () => {
    const { page, complaints } = await visit('/empty');
    const codes = await codesInWorker(page, 'onnx', '/worlds/coinrun.safetensors');
    expect(codes).toEqual(await codesInNode('coinrun'));
    expect(new Set(codes.map(String)).size).toBeGreaterThan(8);
    expect(complaints).toEqual([]);
  });

  test('are the same in the browser’s WebGPU and in Node', async () => {
    const { page, complaints } = await visit('/empty');
    const codes = await codesInWorker(page, 'webgpu', '/own/tiny.safetensors');
    expect(codes).toEqual(await codesInNode(join(folder, 'tiny.safetensors')));
    expect(new Set(codes.map(String)).size).toBeGreaterThan(2);
    expect(complaints).toEqual([]);
  });

  test.runIf(long)(
    'of the default world are the same in the browser’s WebGPU, too',
    async () => {
      const { page } = await visit('/empty');
      const codes = await codesInWorker(page, 'webgpu', '/worlds/coinrun.safetensors');
      expect(codes).toEqual(await codesInNode('coinrun'));
    },
    600_000,
  );
});

describe('a tag on any page', () => {
  test('plays, and keys move the world the way that Node says', async () => {
    const { page, complaints } = await visit('/coinrun');
    await waitForFrame(page, 2);
    expect(await globe(page, ({ state, place, device }) => ({ state, place, device }))).toEqual({
      state: 'playing',
      place: 'cpu',
      device: expect.stringContaining('wasm') as string,
    });
    for (const [key, action] of [
      ['ArrowRight', 'right'],
      ['KeyA', 'left'],
      ['Space', 'up'],
    ] as const) {
      const before = await globe(page, ({ index }) => index);
      await page.keyboard.down(key);
      await waitForFrame(page, before + 8);
      await page.keyboard.up(key);
      const actions = await globe(page, (element) => element.replay().actions);
      expect(actions.slice(before).filter((each) => each === action).length).toBeGreaterThan(2);
    }
    const { worst, frames } = await compareWithNode(page, 'coinrun');
    expect(frames).toBeGreaterThan(24);
    // Equal codes; what is left is rounding.
    expect(worst).toBeLessThanOrEqual(2);
    expect(complaints).toEqual([]);
  });

  test('winds back, and what is drawn from there on is what Node draws', async () => {
    const { page, complaints } = await visit('/tiny');
    await waitForFrame(page, 1);
    await page.keyboard.down('ArrowRight');
    await waitForFrame(page, 40);
    await page.keyboard.up('ArrowRight');
    const before = await globe(page, ({ index }) => index);
    await page.keyboard.down('Backspace');
    await page.waitForFunction(
      (start) => (document.querySelector('snow-globe') as SnowGlobe).index <= start - 12,
      before,
    );
    expect(await globe(page, ({ state }) => state)).toBe('rewinding');
    await page.keyboard.up('Backspace');
    const back = await globe(page, ({ index }) => index);
    await page.keyboard.down('ArrowLeft');
    await waitForFrame(page, back + 20);
    await page.keyboard.up('ArrowLeft');
    const { worst, frames } = await compareWithNode(page, join(folder, 'tiny.safetensors'));
    expect(frames).toBeGreaterThanOrEqual(20);
    expect(worst).toBeLessThanOrEqual(2);
    expect(complaints).toEqual([]);
  });

  test('pauses, steps and plays on by keyboard', async () => {
    const { page } = await visit('/tiny');
    await waitForFrame(page, 3);
    await page.keyboard.press('p');
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).state === 'paused');
    await page.waitForTimeout(200);
    const index = await globe(page, (element) => element.index);
    await page.keyboard.press('.');
    await waitForFrame(page, index + 1);
    await page.waitForTimeout(200);
    expect(await globe(page, (element) => [element.index, element.paused])).toEqual([index + 1, true]);
    await page.keyboard.press('p');
    await waitForFrame(page, index + 4);
  });

  test('loses its GPU and plays on, without a frame missing', async () => {
    const { page } = await visit('/gpu', (each) =>
      beforeWorker(
        each,
        `const request = GPUAdapter.prototype.requestDevice;
         globalThis.devices = [];
         GPUAdapter.prototype.requestDevice = async function (...given) {
           const device = await request.apply(this, given);
           globalThis.devices.push(device);
           return device;
         }`,
      ),
    );
    await waitForFrame(page, 3, 90_000);
    expect(await globe(page, ({ place }) => place)).toBe('gpu');
    const worker = page.workers()[0]!;
    const lose = (): Promise<number> =>
      worker.evaluate(() => {
        const { devices } = globalThis as unknown as { devices: GPUDevice[] };
        devices.at(-1)!.destroy();
        return devices.length;
      });
    expect(await lose()).toBe(1);
    const at = await globe(page, ({ index }) => index);
    await waitForFrame(page, at + 10, 90_000);
    expect(await globe(page, ({ state, error }) => ({ state, error }))).toEqual({ state: 'playing' });
    const { worst, frames } = await compareWithNode(page, join(folder, 'tiny.safetensors'));
    expect(frames).toBeGreaterThan(10);
    expect(worst).toBeLessThanOrEqual(2);
  });

  test('moves from GPU to CPU in the middle of a game', async () => {
    const { page, complaints } = await visit('/gpu');
    await waitForFrame(page, 5, 90_000);
    await page.evaluate(() => ((document.querySelector('snow-globe') as SnowGlobe).run = 'cpu'));
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu');
    const at = await globe(page, ({ index }) => index);
    expect(at).toBeGreaterThanOrEqual(5);
    await waitForFrame(page, at + 10);
    const { worst } = await compareWithNode(page, join(folder, 'tiny.safetensors'));
    expect(worst).toBeLessThanOrEqual(2);
    expect(complaints).toEqual([]);
  });

  test('works from another host, whose worker a browser would not start', async () => {
    const far = await serveFolders(
      { '/element/': elementFolder, '/worlds/': worldsFolder, '/own/': folder },
      {},
      {
        'access-control-allow-origin': '*',
      },
    );
    const attributes = tiny.replaceAll('"/', `"${far.url}`);
    const near = await serveFolders(
      {},
      { '/': embedding(`${attributes} run="cpu"`, `${far.url}element/snow-globe.js`) },
    );
    const watched = await open();
    await watched.page.goto(near.url);
    await waitForFrame(watched.page, 5);
    expect(watched.complaints).toEqual([]);
    await Promise.all([near.close(), far.close()]);
  });
});

describe('what goes wrong is one sentence', () => {
  async function failure(path: string, prepare?: (page: Page) => Promise<unknown>): Promise<string> {
    const { page } = await visit(path, prepare);
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).error !== undefined);
    const [error, state, status] = await globe(page, (element) => [
      element.error,
      element.state,
      element.shadowRoot!.querySelector('[role=status]')!.textContent!.trim(),
    ]);
    expect(state).toBe('failed');
    expect(status).toBe(error);
    return error!;
  }

  test('a world that is cut off', async () => expect(await failure('/cut')).toMatch(/cut\.safetensors/));
  test('a world that is not there', async () =>
    expect(await failure('/missing')).toMatch(/nowhere\.safetensors cannot be loaded \(the server says 404/));
  test('a prompt that is no picture', async () =>
    expect(await failure('/text')).toMatch(/no picture that can be read; use a PNG/));

  test('a browser without WebGPU and without WebAssembly SIMD', async () => {
    const poor = `Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }); WebAssembly.validate = () => false`;
    const message = await failure('/tiny', async (page) => {
      await page.addInitScript(poor);
      await beforeWorker(page, poor.replace('Navigator', 'WorkerNavigator'));
    });
    expect(message).toMatch(/no WebAssembly SIMD/);
  });

  test('a picture that is none, in the middle of a game: the game goes on', async () => {
    const { page } = await visit('/tiny');
    await waitForFrame(page, 3);
    const message = await page.evaluate(() =>
      (document.querySelector('snow-globe') as SnowGlobe).start(new File(['not a picture'], 'cat.png')).then(
        () => 'started',
        (error: Error) => error.message,
      ),
    );
    expect(message).toBe("prompt: 'cat.png' is no picture that can be read; use a PNG, JPEG, WebP or GIF.");
    const at = await globe(page, ({ index }) => index);
    await waitForFrame(page, at + 5);
  });
});
