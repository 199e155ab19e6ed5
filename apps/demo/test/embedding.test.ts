/** The tag in pages as other people have them: frames, policies, frameworks, pictures of any kind. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import type { SnowGlobe } from '@snowglobe/element';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { StaticHost, WatchedPage } from './browser.js';
import { isolation, launchBrowser, openPage, serveFolders } from './browser.js';
import { elementFolder, siteFolder, worldsFolder } from './folders.js';
import { globe, waitForFrame } from './globe.js';

let browser: Browser;
let folder: string;
let host: StaticHost;
let cdn: StaticHost;
let opened: WatchedPage[] = [];
/** Headers of the page and of everything beside it, for one visit. */
let policy: Readonly<Record<string, string>> = {};

const picture = '/worlds/prompts/coinrun-2.png';
const tag = (attributes = '', base = ''): string =>
  `<snow-globe run="cpu" src="${base}/own/tiny.safetensors" prompt="${base}${picture}" ${attributes}></snow-globe>`;
const pageOf = (body: string, base = ''): string =>
  `<!doctype html><html lang="en"><title>A page of someone else</title>
<script type="module" src="${base}/element/snow-globe.js"></script><body>${body}</body></html>`;
const sandboxed = (inner: string): string =>
  `<!doctype html><iframe sandbox="allow-scripts" src="${inner}" width="300" height="300"></iframe>`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-embedding-'));
  await writeFile(join(folder, 'tiny.safetensors'), encodeWorld(untrainedWorld()));
  const folders = { '/element/': elementFolder, '/worlds/': worldsFolder, '/own/': folder };
  const open = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
  cdn = await serveFolders(folders, {}, open);
  const far = cdn.url.slice(0, -1);
  host = await serveFolders(
    folders,
    {
      '/tag': pageOf(tag()),
      '/auto': pageOf(tag().replace('run="cpu"', '')),
      '/none': pageOf('<div id="stage"></div>'),
      '/unfilled': pageOf(tag('seed="{{seed}}" fps="" temperature="undefined" keymap="null"')),
      '/cdn': pageOf(tag('', far), far),
      '/frame': sandboxed('/tag'),
      '/cdn-frame': sandboxed('/cdn'),
    },
    () => ({ ...policy, 'access-control-allow-origin': '*' }),
  );
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await Promise.all([host.close(), cdn.close()]);
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  policy = {};
  await Promise.all(opened.map(({ page }) => page.context().close()));
  opened = [];
});

async function visit(path: string): Promise<WatchedPage & { readonly missing: string[] }> {
  const watched = await openPage(browser);
  opened.push(watched);
  const missing: string[] = [];
  watched.page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('favicon.ico')) missing.push(response.url());
  });
  await watched.page.goto(new URL(path, host.url).href);
  return { ...watched, missing };
}

/** How it ends: the device on which it plays, or why it does not. */
async function outcome(page: Page | Frame): Promise<string> {
  const handle = await page.waitForFunction(
    () => {
      const element = document.querySelector('snow-globe') as SnowGlobe;
      return element.index > 2 ? element.device : element.error;
    },
    undefined,
    { timeout: 60_000 },
  );
  return (await handle.jsonValue()) as string;
}

describe('where pages come from', () => {
  test.each(['/frame', '/cdn-frame'])(
    'plays in a sandboxed frame, of an origin of its own (%s)',
    async (path) => {
      const { page, missing } = await visit(path);
      await expect.poll(() => page.frames().length).toBe(2);
      expect(await outcome(page.frames()[1]!)).toMatch(/wasm, 1 thread/);
      expect(missing).toEqual([]);
    },
  );

  test.each(['require-corp', 'credentialless'])(
    'plays with several threads on an isolated page that has it from another host (%s)',
    async (embedder) => {
      policy = { ...isolation, 'cross-origin-embedder-policy': embedder };
      const { page, missing, complaints } = await visit('/cdn');
      expect(await outcome(page)).toMatch(/wasm, [2-8] threads/);
      expect([missing, complaints]).toEqual([[], []]);
    },
  );

  test('a page that is opened as a file says what to do', async () => {
    const watched = await openPage(browser);
    opened.push(watched);
    await watched.page.goto(pathToFileURL(join(siteFolder, 'index.html')).href);
    await expect

      .poll(() => watched.page.evaluate(() => document.body.innerText), { timeout: 20_000 })
      .toMatch(/does not run from a file[^]*npm start/);
  });

  test('importing it where there is no page does nothing', async () => {
    const module = (await import(pathToFileURL(join(elementFolder, 'snow-globe.js')).href)) as object;
    expect(Object.keys(module)).toEqual(['SnowGlobe']);
    // Others tell by these whether there is a page.
    for (const name of ['window', 'document', 'HTMLElement', 'customElements']) {
      expect(name in globalThis).toBe(false);
    }
  });
});

describe('policies of the page', () => {
  const csp = (text: string): void => void (policy = { 'content-security-policy': text });
  // The list of the README.
  const least =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

  test('plays under the strictest that the README lists', async () => {
    csp(`${least}; require-trusted-types-for 'script'`);
    const { page } = await visit('/tag');
    expect(await outcome(page)).toMatch(/wasm/);
  });

  test.each([
    ["script-src 'self'", /forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src/],
    ["worker-src 'none'", /forbids http:.*worker\.js; add http:\/\/localhost:\d+ to its worker-src/],
    [
      least.replace("connect-src 'self'", "connect-src 'none'"),
      /forbids http:.*tiny\.safetensors; add http:\/\/localhost:\d+ to its connect-src/,
    ],
  ])('%s: the sentence says what to allow', async (text, sentence) => {
    csp(text);
    const { page } = await visit('/tag');
    const said = await outcome(page);
    expect(said).toMatch(sentence);
    expect(said.length).toBeLessThan(250);
  });

  test('where only WebAssembly is forbidden, it plays by WebGPU', async () => {
    csp("script-src 'self'");
    const { page } = await visit('/auto');
    expect(await outcome(page)).toMatch(/SwiftShader/i);
  });

  test('a file that was not copied is named, with what to copy', async () => {
    for (const [file, name] of [
      ['**/worker.js', 'worker.js'],
      ['**/ort.wasm.min.js', 'ort/ort.wasm.min.js'],
      ['**/ort-wasm-simd-threaded.mjs', 'ort/ort-wasm-simd-threaded.mjs'],
      ['**/*.wasm', 'ort/ort-wasm-simd-threaded.wasm'],
    ] as const) {
      const watched = await openPage(browser);
      opened.push(watched);
      await watched.page.route(file, (route) => route.fulfill({ status: 404, body: '' }));
      await watched.page.goto(new URL('/tag', host.url).href);
      expect(await outcome(watched.page)).toMatch(
        new RegExp(
          `element/${name} is not there \\(the server says 404\\); copy worker.js and the folder ort`,
        ),
      );
    }
  });
});

describe('what frameworks do', () => {
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
    const { page } = await visit('/unfilled');
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
    const { page } = await visit('/none');
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
    const { page, complaints } = await visit('/tag');
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
    const { page } = await visit('/tag');
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
    const { page } = await visit('/tag');
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
});

describe('pictures', () => {
  test('of any kind that a page has; what is none is one sentence, and the game goes on', async () => {
    const { page } = await visit('/tag');
    await waitForFrame(page, 1);
    const said = await page.evaluate(async (address) => {
      const element = document.querySelector('snow-globe') as SnowGlobe;
      element.pause();
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      const bytes = (length: number): Uint8ClampedArray => new Uint8ClampedArray(length).fill(90);
      const pictures: Record<string, unknown> = {
        ImageData: context.getImageData(0, 0, 64, 64),
        ImageBitmap: await createImageBitmap(image),
        canvas,
        offscreen: new OffscreenCanvas(8, 8).getContext('2d')!.canvas,
        image,
        URL: new URL(address, location.href),
        address,
        Blob: await (await fetch(address)).blob(),
        RGBA: { width: 8, height: 8, data: bytes(256) },
        RGB: { width: 8, height: 8, data: bytes(192), more: 1 },
        large: { width: 3000, height: 20, data: bytes(3000 * 20 * 4) },
        // From here on: none.
        object: {},
        array: [1, 2],
        number: 7,
        plain: { width: 8, height: 8, data: Array(256).fill(90) },
        floats: { width: 8, height: 8, data: new Float32Array(256) },
        text: { width: '8', height: '8', data: bytes(256) },
        short: { width: 8, height: 8, data: bytes(100) },
        empty: { width: 0, height: 0, data: bytes(0) },
        unloaded: new Image(),
        'canvas of no size': Object.assign(document.createElement('canvas'), { width: 0 }),
        element: document.body,
        nowhere: '/nowhere.png',
        'no address': 'http://',
      };
      const answers: [string, string][] = [];
      for (const [name, given] of Object.entries(pictures)) {
        const answer = await element.start(given as never).then(
          () => 'starts',
          (error: Error) => `${error.name}: ${error.message}`,
        );
        const before = element.index;
        await element.step();
        answers.push([name, element.index === before + 1 ? answer : `${answer} STUCK at ${before}`]);
      }
      await element.start(null);
      return answers;
    }, picture);
    const none = said.findIndex(([name]) => name === 'object');
    expect(said.slice(0, none).filter(([, answer]) => answer !== 'starts')).toEqual([]);
    for (const [name, answer] of said.slice(none)) {
      expect([name, answer]).toEqual([
        name,
        expect.stringMatching(/^SnowglobeError: prompt: [^;]*; .*\.$|^SnowglobeError: prompt: [^;]*\.$/),
      ]);
      expect(answer).not.toMatch(/undefined|null|postMessage|clone|Failed to/);
    }
  });

  test('photos stand upright and keep their shape, however the camera was held', async () => {
    const { page } = await visit('/tag');
    await waitForFrame(page, 1);
    const read = await page.evaluate(async () => {
      const element = document.querySelector('snow-globe') as SnowGlobe;
      const canvas = new OffscreenCanvas(800, 400);
      const context = canvas.getContext('2d')!;
      for (const [colour, x, y] of [
        ['#f00', 0, 0],
        ['#0f0', 400, 0],
        ['#00f', 0, 200],
        ['#fff', 400, 200],
      ] as const) {
        context.fillStyle = colour;
        context.fillRect(x, y, 400, 200);
      }
      const jpeg = new Uint8Array(
        await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 })).arrayBuffer(),
      );
      const seen: string[] = [];
      for (let orientation = 1; orientation <= 8; orientation++) {
        // The smallest EXIF segment: big-endian TIFF of one entry, 0x0112.
        const exif = [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1];
        exif.push(0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0);
        const photo = new Blob([jpeg.subarray(0, 2), Uint8Array.from(exif), jpeg.subarray(2)], {
          type: 'image/jpeg',
        });
        await element.start(photo);
        const { width, height, data } = element.promptImage!;
        const at = (x: number, y: number): string => {
          const [r, g] = data.subarray((Math.floor(y * height) * width + Math.floor(x * width)) * 4);
          return r! > 128 ? (g! > 128 ? 'W' : 'R') : g! > 128 ? 'G' : 'B';
        };
        seen.push(`${width}x${height} ${at(0.25, 0.25)}${at(0.75, 0.25)}${at(0.25, 0.75)}${at(0.75, 0.75)}`);
      }
      return seen;
    });
    expect(read).toEqual([
      '512x256 RGBW',
      '512x256 GRWB',
      '512x256 WBGR',
      '512x256 BWRG',
      '256x512 RBGW',
      '256x512 BRWG',
      '256x512 WGBR',
      '256x512 GWRB',
    ]);
  });
});
