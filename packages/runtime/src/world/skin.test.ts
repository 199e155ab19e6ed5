import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { Skin } from './skin.js';
import { World } from './world.js';

const prompt = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).map((_, i) => (i * 61) % 256) };
/** 23 tiles of 3 pixels: two rows of 16. */
const atlas = {
  width: 48,
  height: 6,
  data: Uint8Array.from({ length: 48 * 6 * 3 }, (_, i) => (i * 53) % 256),
};

let world: World;
beforeAll(async () => {
  world = await World.create(untrainedPatches(), 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
});
afterAll(() => world.close());

it('draws what happens in the art of an atlas, and leaves the rest as it is', async () => {
  const skin = new Skin(world.tiles!, atlas);
  expect([skin.width, skin.height]).toEqual([18, 18]);
  const session = await world.start({ prompt, seed: 3 });
  for (const action of [1, 2, 3, 0]) {
    const frame = await session.step(action, { codes: true });
    const drawn = skin.draw(frame);
    expect(drawn).toMatchObject({ index: frame.index, codes: frame.codes, width: 18, height: 18 });
    frame.codes!.forEach((code, cell) => {
      for (let y = 0; y < 3; y++) {
        const at = ((Math.floor(cell / 6) * 3 + y) * 18 + (cell % 6) * 3) * 4;
        const from = ((Math.floor(code / 16) * 3 + y) * 48 + (code % 16) * 3) * 3;
        const rgb = [...drawn.rgba.slice(at, at + 12)].filter((_, i) => i % 4 !== 3);
        expect(rgb).toEqual([...atlas.data.slice(from, from + 9)]);
      }
    });
    expect(drawn.rgba.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  }
});

it('refuses a picture of another layout, and frames that it knows no tiles of', async () => {
  expect(() => new Skin(world.tiles!, { width: 48, height: 5, data: new Uint8Array(48 * 5 * 3) })).toThrow(
    'a picture of 48x5 is none of 23 tiles; it must be 16 tiles wide and 2 high',
  );
  expect(() => new Skin({ ...world.tiles!, count: 33 }, atlas)).toThrow('none of 33 tiles');
  const { first } = await world.start({ prompt });
  expect(() => new Skin(world.tiles!, atlas).draw(first)).toThrow('a frame with no codes');
});
