import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import { encodeWorld } from '@snowglobe/model';
import { decodeReplay, locateWorlds } from '@snowglobe/runtime';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import type { PlayServer } from '@snowglobe/server';
import { createPlayServer, writeSite } from '@snowglobe/server';
import type { Browser, BrowserContextOptions, Download, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe.js';
import type { WatchedPage } from './browser.js';
import { launchBrowser, openPage, serveFolders } from './browser.js';
import { cableTo } from './cable.js';
import { siteFolder, worldsFolder } from './folders.js';
import { compareWithNode, globe, waitForFrame } from './globe.js';

const prompt = (n: number): string => join(worldsFolder, 'prompts', `coinrun-${n}.png`);

let browser: Browser;
let server: PlayServer;
let folder: string;
let opened: WatchedPage[] = [];

const serve = async (): Promise<PlayServer> =>
  createPlayServer({
    page: siteFolder,
    worlds: (await locateWorlds()).worlds.filter(({ entry }) => entry.name.startsWith('coinrun')),
    port: 0,
    executor: { executor: 'onnx' },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-page-'));
  server = await serve();
  await server.warm('coinrun');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await Promise.all(opened.map(({ page }) => page.context().close()));
  opened = [];
});

async function visit(url = server.url, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const watched = await openPage(browser, options);
  opened.push(watched);
  await watched.page.goto(url);
  await waitForFrame(watched.page, 1);
  return watched;
}

const byId = (page: Page, id: string) => page.locator(`[data-testid=${id}]`);

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

describe('played by the server', () => {
  test('keys move the world the way that Node says', async () => {
    const { page, complaints } = await visit();
    expect(await globe(page, ({ place, device }) => ({ place, device }))).toEqual({
      place: 'server',
      device: expect.stringContaining('ONNX Runtime cpu') as string,
    });
    await page.keyboard.down('ArrowRight');
    await waitForFrame(page, 15);
    await page.keyboard.down('ArrowUp');
    await waitForFrame(page, 25);
    await page.keyboard.up('ArrowRight');
    await page.keyboard.up('ArrowUp');
    await waitForFrame(page, 30);
    const actions = await globe(page, (element) => element.replay().actions);
    for (const action of ['right', 'right+up', 'none']) expect(actions).toContain(action);
    const { worst, frames } = await compareWithNode(page, 'coinrun');
    expect(frames).toBeGreaterThanOrEqual(30);
    expect(worst).toBeLessThanOrEqual(2);
    expect(await byId(page, 'place').textContent()).toBe('the server');
    expect(complaints).toEqual([]);
  });

  test('the small world is offered beside the large one, by size, and plays the same here and there', async () => {
    const { page, complaints } = await visit();
    const offered = await byId(page, 'world').locator('option').allInnerTexts();
    expect(offered.map((text) => text.trim())).toEqual([
      expect.stringMatching(/^coinrun \(20(\.0)? MB\)$/),
      expect.stringMatching(/^coinrun-int4 \(3\.3 MB\)$/),
    ]);
    await byId(page, 'world').selectOption('coinrun-int4');
    await page.waitForFunction(() => document.querySelector('snow-globe')?.src?.includes('int4'));
    await waitForFrame(page, 1);
    await byId(page, 'run').selectOption('cpu');
    // Its many small products wait for each other: threads of a busy machine take long to open it.
    await page.waitForFunction(
      () => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu',
      undefined,
      { timeout: 150_000 },
    );
    await page.keyboard.down('ArrowRight');
    await waitForFrame(page, 20);
    await page.keyboard.up('ArrowRight');
    // Activations are rounded to bytes: where sums differ in their last bit, a rounding may go the other way.
    const { worst } = await compareWithNode(page, 'coinrun-int4');
    expect(worst).toBeLessThanOrEqual(8);
    expect(complaints).toEqual([]);
  }, 240_000);

  test('moves to this CPU when it is asked to, and when the connection breaks', async () => {
    const { page, complaints } = await visit();
    await byId(page, 'run').selectOption('cpu');
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu');
    const at = await globe(page, ({ index }) => index);
    expect(at).toBeGreaterThan(0);
    await waitForFrame(page, at + 5);
    expect(await byId(page, 'place').textContent()).toBe('this cpu');
    expect(complaints).toEqual([]);

    const cable = await cableTo(server.port);
    const { page: lonely } = await visit(cable.url);
    await waitForFrame(lonely, 10);
    cable.cut('/play');
    await lonely.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu');
    const left = await globe(lonely, ({ index }) => index);
    expect(left).toBeGreaterThanOrEqual(9);
    await waitForFrame(lonely, left + 5);
    const { worst } = await compareWithNode(lonely, 'coinrun');
    expect(worst).toBeLessThanOrEqual(2);
    await cable.close();
  });
});

describe('on a static host', () => {
  test('plays without a server, through WebAssembly, from any folder', async () => {
    const { worlds } = await locateWorlds();
    const coinrun = worlds.filter(({ entry }) => entry.name === 'coinrun');
    await writeSite({ page: siteFolder, worlds: coinrun }, join(folder, 'site'));
    const host = await serveFolders({ '/some/where/': join(folder, 'site') });
    const { page, complaints } = await visit(`${host.url}some/where/`);
    expect(await globe(page, ({ place }) => place)).toBe('cpu');
    const server = byId(page, 'run').locator('option[value=server]');
    expect([await server.isDisabled(), await server.textContent()]).toEqual([
      true,
      expect.stringContaining('this page has no server') as string,
    ]);
    await waitForFrame(page, 20);
    // The second visit takes the world from the browser's cache.
    const loaded: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('.safetensors')) loaded.push(request.method());
    });
    await page.reload();
    await waitForFrame(page, 2);
    expect(loaded).not.toContain('GET');
    expect(complaints).toEqual([]);
    await host.close();
  });
});

describe('pictures', () => {
  test('of the gallery', async () => {
    const { page, complaints } = await visit();
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

  test('that are chosen, dropped or pasted', async () => {
    const { page } = await visit();
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

  test('that are none are refused in one sentence, and the game goes on', async () => {
    const { page } = await visit();
    await writeFile(join(folder, 'notes.png'), 'no picture at all');
    // A header that promises 50,000 by 50,000 pixels.
    const huge = await readFile(prompt(1));
    huge.writeUInt32BE(50_000, 16);
    huge.writeUInt32BE(50_000, 20);
    await writeFile(join(folder, 'huge.png'), huge);
    for (const [name, message] of [
      ['notes.png', /'notes\.png' is no picture that can be read; use a PNG/],
      ['huge.png', /'huge\.png' is 50000x50000, more than 64 megapixels; scale it down first/],
    ] as const) {
      await byId(page, 'choose').setInputFiles(join(folder, name));
      const alert = byId(page, 'error');
      await alert.filter({ hasText: message }).waitFor();
      expect(await alert.getAttribute('role')).toBe('alert');
      await waitForFrame(page, (await globe(page, ({ index }) => index)) + 3);
      await alert.getByRole('button').click();
      await alert.waitFor({ state: 'detached' });
    }
  });

  test('that are drawn', async () => {
    const { page, complaints } = await visit();
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
});

describe('time', () => {
  test('pause, one frame, wind back, start over, another seed', async () => {
    const { page, complaints } = await visit();
    await page.keyboard.down('ArrowRight');
    await waitForFrame(page, 30);
    await page.keyboard.up('ArrowRight');
    await byId(page, 'pause').click();
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).state === 'paused');
    await page.waitForTimeout(300);
    const index = await globe(page, (element) => element.index);
    await byId(page, 'step').click();
    await waitForFrame(page, index + 1);

    const button = (await byId(page, 'rewind').boundingBox())!;
    await page.mouse.move(button.x + 10, button.y + 10);
    await page.mouse.down();
    await page.waitForFunction(
      (from) => (document.querySelector('snow-globe') as SnowGlobe).index < from - 10,
      index,
    );
    await page.mouse.up();
    const back = await globe(page, (element) => element.index);
    await byId(page, 'pause').click();
    await waitForFrame(page, back + 10);
    const { worst } = await compareWithNode(page, 'coinrun');
    expect(worst).toBeLessThanOrEqual(2);

    await byId(page, 'restart').click();
    await page.waitForFunction(
      (from) => (document.querySelector('snow-globe') as SnowGlobe).index < from,
      back,
    );
    await byId(page, 'seed').fill('7');
    await byId(page, 'seed').press('Enter');
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).replay().seed === 7);
    expect(complaints).toEqual([]);
  });
});

describe('a world whose keys nobody named', () => {
  test('is tried and named on the page, and remembers it', async () => {
    const { metadata, tensors } = untrainedWorld();
    const names = Array.from({ length: 8 }, (_, code) => `code ${code}`);
    const { keys: _, ...rest } = metadata;
    const path = join(folder, 'nameless.safetensors');
    await writeFile(
      path,
      encodeWorld({ metadata: { ...rest, actionNames: names, codeToAction: names }, tensors }),
    );
    const { worlds } = await locateWorlds([path]);
    const nameless = await createPlayServer({ page: siteFolder, worlds: worlds.slice(0, 1), port: 0 });
    const watched = await openPage(browser);
    opened.push(watched);
    const { page, complaints } = watched;
    await page.goto(nameless.url);
    await byId(page, 'choose').setInputFiles(prompt(1));
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
    await nameless.close();
  });
});

describe('recording', () => {
  const save = async (page: Page, id: string): Promise<{ name: string; bytes: Buffer }> => {
    const [download] = (await Promise.all([page.waitForEvent('download'), byId(page, id).click()])) as [
      Download,
      void,
    ];
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };

  test('saves a GIF, a video and a replay', async () => {
    const { page, complaints } = await visit();
    await byId(page, 'record').click();
    await waitForFrame(page, (await globe(page, ({ index }) => index)) + 20);
    await byId(page, 'record').click();

    const gif = await save(page, 'save-gif');
    expect([gif.name, gif.bytes.subarray(0, 6).toString('latin1')]).toEqual(['coinrun.gif', 'GIF89a']);
    expect([gif.bytes.readUInt16LE(6), gif.bytes.readUInt16LE(8)]).toEqual([256, 256]);
    const video = await save(page, 'save-video');
    const start = video.bytes.subarray(0, 12).toString('latin1');
    expect(video.name.endsWith('.mp4') ? start.slice(4, 8) : start.slice(0, 4)).toBe(
      video.name.endsWith('.mp4') ? 'ftyp' : '\x1aE\xdf\xa3',
    );
    expect(video.bytes.length).toBeGreaterThan(2000);
    const saved = await save(page, 'save-replay');
    const replay = decodeReplay(saved.bytes.toString(), saved.name);
    expect(replay).toMatchObject({ world: 'coinrun', seed: 0, fps: 24 });
    expect(replay.actions.length).toBeGreaterThanOrEqual(20);
    expect(complaints).toEqual([]);
  });
});

describe('for everyone', () => {
  test.each(['light', 'dark'] as const)('nothing is in the way of anyone, %s', async (colorScheme) => {
    const { page } = await visit(server.url, { colorScheme });
    expect(await violations(page)).toEqual([]);
    await byId(page, 'theme').click();
    expect(await violations(page)).toEqual([]);
  });

  test('a phone: nothing to scroll sideways, and fingers walk', async () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const { page, complaints } = await visit(server.url, phone);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await violations(page)).toEqual([]);
    const right = page.getByRole('button', { name: 'Right', exact: true });
    const box = (await right.boundingBox())!;
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    const client = await page.context().newCDPSession(page);
    const touch = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
    await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: touch });
    await waitForFrame(page, (await globe(page, ({ index }) => index)) + 8);
    await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    const actions = await globe(page, (element) => element.replay().actions);
    expect(actions.filter((each) => each === 'right').length).toBeGreaterThan(2);
    expect(complaints).toEqual([]);
  });

  test('everything is reached by keyboard', async () => {
    const { page } = await visit();
    const reached = new Set<string>();
    for (let i = 0; i < 45; i++) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(
          () =>
            (document.activeElement as HTMLElement | null)?.dataset['testid'] ??
            document.activeElement!.tagName,
        ),
      );
    }
    const ids = [
      'theme',
      'pause',
      'step',
      'rewind',
      'restart',
      'seed',
      'speed',
      'run',
      'prompt',
      'draw-open',
      'choose',
    ];
    for (const id of [...ids, 'record', 'save-replay', 'copy', 'SNOW-GLOBE'])
      expect([...reached]).toContain(id);
    await byId(page, 'pause').focus();
    await page.keyboard.press('Space');
    expect(await globe(page, ({ paused }) => paused)).toBe(true);
  });
});
