/** Pictures that pages give the tag to start from. */
import type { SnowGlobe } from '@snowglobe/element';
import { expect, test } from 'vitest';
import { picture, useEmbedded } from './embedded.js';
import { waitForFrame } from './globe.js';

const embedded = useEmbedded();

test('pictures of any kind that a page has; what is none is one sentence, and the game goes on', async () => {
  const { page } = await embedded.visit('/tag');
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
  const { page } = await embedded.visit('/tag');
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
