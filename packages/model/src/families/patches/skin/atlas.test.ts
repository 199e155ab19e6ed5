import { untrainedPatches } from '@snowglobe/runtime/testing';
import { createNodeOnnxExecutor, World } from '@snowglobe/runtime';
import { expect, it } from 'vitest';
import type { AtlasPicture } from '../../../family/atlas.js';
import type { WorldFile } from '../../../world_file/world_file.js';
import { worldFileOf } from '../../../world_file/world_file.js';
import { patchesAtlas } from './atlas.js';

const world = untrainedPatches();
const drawn = (file: WorldFile) => patchesAtlas.draw({ config: file.model.config, tensors: file.tensors });
const redrawn = (atlas: AtlasPicture): WorldFile => {
  const { config, tensors, unused } = patchesAtlas.apply(
    { config: world.model.config, tensors: world.tensors },
    atlas,
  );
  return worldFileOf(
    {
      metadata: { ...world.metadata, config },
      tensors: new Map([...[...world.tensors].filter(([name]) => !unused.includes(name)), ...tensors]),
    },
    'redrawn',
  );
};

it('its own atlas changes nothing', () => {
  const own = drawn(world);
  const again = redrawn(own);
  expect(again.metadata).toEqual(world.metadata);
  expect(drawn(again)).toEqual(own);
  // 23 patches of 5 pixels in rows of 16.
  expect([own.width, own.height]).toEqual([80, 10]);
});

it('draws the same codes in other art, at another scale', async () => {
  const size = 3;
  const data = Uint8Array.from({ length: 48 * 6 * 3 }, (_, i) => (i * 53) % 256);
  const skinned = redrawn({ width: 48, height: 6, data });
  expect(skinned.model.config).toMatchObject({ width: 18, height: 18 });
  const walk = async (file: WorldFile) => {
    const opened = await World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
    const { width, height } = file.model.config;
    // The nearest patches of a prompt depend on the art: both begin with their own patch 7.
    const book = drawn(file);
    const patch = book.width / 16;
    const prompt = new Uint8Array(width * height * 3);
    const offset = width === 18 ? 0 : 1;
    for (let y = 0; y < 6 * patch; y++) {
      for (let x = 0; x < 6 * patch; x++) {
        const from = ((y % patch) * book.width + 7 * patch + (x % patch)) * 3;
        prompt.set(book.data.subarray(from, from + 3), ((y + offset) * width + x + offset) * 3);
      }
    }
    const session = await opened.start({ prompt: { width, height, data: prompt }, seed: 3 });
    const frames = [];
    for (const action of [1, 2, 3, 0]) frames.push(await session.step(action, { codes: true }));
    await opened.close();
    return frames;
  };
  const [before, after] = [await walk(world), await walk(skinned)];
  expect(after.map(({ codes }) => [...codes!])).toEqual(before.map(({ codes }) => [...codes!]));
  const last = after.at(-1)!;
  last.codes!.forEach((code, cell) => {
    const [row, column] = [Math.floor(cell / 6), cell % 6];
    const at = (row * size * 18 + column * size) * 4;
    const from = (Math.floor(code / 16) * size * 48 + (code % 16) * size) * 3;
    expect([...last.rgba.subarray(at, at + 3)]).toEqual([...data.subarray(from, from + 3)]);
  });
});

it('refuses a picture of another layout', () => {
  expect(() => redrawn({ width: 80, height: 11, data: new Uint8Array(2640) })).toThrow(
    'a picture of 80x11 is none of 23 tiles; it must be 16 tiles wide and 2 high',
  );
});
