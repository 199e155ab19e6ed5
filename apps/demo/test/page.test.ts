/** The page as people use it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnowGlobe } from '@snowglobe/element';
import { findContentMarks } from '@snowglobe/media';
import { decodeReplay, locateWorlds } from '@snowglobe/runtime';
import { writeSite } from '@snowglobe/server';
import type { Download, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { violations } from './axe.js';
import { serveFolders } from './browser.js';
import { cableTo } from './cable.js';
import { siteFolder } from './folders.js';
import { compareWithNode, globe, waitForFrame } from './globe.js';
import { byId, serveCoinrun, usePage } from './served_page.js';

const served = usePage(serveCoinrun);

describe('played by the server', () => {
  test('keys move the world the way that Node says', async () => {
    const { page, complaints } = await served.visit();
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
    const { page, complaints } = await served.visit();
    const offered = await byId(page, 'world').allInnerTexts();
    expect(offered.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^coinrun 20(\.0)? MB A platform game/),
      expect.stringMatching(/^coinrun-int4 3\.3 MB A platform game/),
    ]);
    await byId(page, 'world').nth(1).click();
    await page.waitForFunction(() => document.querySelector('snow-globe')?.src?.includes('int4'));
    await waitForFrame(page, 1);
    await byId(page, 'run').selectOption('cpu');
    // Its many small matmuls wait for each other: threads of a busy machine take long to open it.
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
    const { page, complaints } = await served.visit();
    await byId(page, 'run').selectOption('cpu');
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu');
    const at = await globe(page, ({ index }) => index);
    expect(at).toBeGreaterThan(0);
    await waitForFrame(page, at + 5);
    expect(await byId(page, 'place').textContent()).toBe('this cpu');
    expect(complaints).toEqual([]);

    const cable = await cableTo(served.server.port);
    const { page: lonely } = await served.visit({ url: cable.url });
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
    await writeSite({ page: siteFolder, worlds: coinrun }, join(served.folder, 'site'));
    const host = await serveFolders({ '/some/where/': join(served.folder, 'site') });
    const { page, complaints } = await served.visit({ url: `${host.url}some/where/` });
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

describe('time', () => {
  test('pause, one frame, wind back, start over, another seed', async () => {
    const { page, complaints } = await served.visit();
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

describe('recording', () => {
  const save = async (page: Page, id: string): Promise<{ name: string; bytes: Buffer }> => {
    const [download] = (await Promise.all([page.waitForEvent('download'), byId(page, id).click()])) as [
      Download,
      void,
    ];
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };

  test('saves a GIF, a video and a replay', async () => {
    const { page, complaints } = await served.visit();
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
    for (const { bytes } of [gif, video]) {
      expect(findContentMarks(bytes)).toEqual(['AIGC', 'DigitalSourceType']);
      expect(bytes.toString('latin1')).toMatch(/trainedAlgorithmicMedia/);
    }
    const saved = await save(page, 'save-replay');
    const replay = decodeReplay(saved.bytes.toString(), saved.name);
    expect(replay).toMatchObject({ world: 'coinrun', seed: 0, fps: 24 });
    expect(replay.actions.length).toBeGreaterThanOrEqual(20);
    const { label } = JSON.parse(saved.bytes.toString()) as { label: { aigc: Record<string, string> } };
    expect(label.aigc).toMatchObject({
      ContentProducer: expect.stringMatching(/^Snowglobe \d/) as unknown,
      ProduceID: expect.stringMatching(/^[0-9a-f]{16}-0-\d+$/) as unknown,
    });
    expect(complaints).toEqual([]);
  });
});

describe('for everyone', () => {
  test.each(['light', 'dark'] as const)('nothing is in the way of anyone, %s', async (colorScheme) => {
    const { page } = await served.visit({ colorScheme });
    expect(await violations(page)).toEqual([]);
    await byId(page, 'theme').click();
    expect(await violations(page)).toEqual([]);
  });

  test('a phone: nothing to scroll sideways, and fingers walk', async () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const { page, complaints } = await served.visit(phone);
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
    const { page } = await served.visit();
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
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
