import { expect, test } from 'vitest';
import { parseCatalog } from './catalog.js';
import { locateWorlds } from './node/locate.js';

test('the worlds that come with the program are found, with their prompts in order', async () => {
  const { worlds, broken } = await locateWorlds();
  expect(broken).toEqual([]);
  const coinrun = worlds.find(({ entry }) => entry.name === 'coinrun')!;
  expect(coinrun.entry).toMatchObject({ file: 'worlds/coinrun.safetensors', width: 64, height: 64, fps: 15 });
  expect(coinrun.entry.prompts.map(({ name }) => name)).toEqual(
    Array.from({ length: coinrun.prompts.length }, (_, i) => `coinrun-${i + 1}`),
  );
  expect(parseCatalog({ worlds: worlds.map(({ entry }) => entry) }, 'test').worlds).toHaveLength(
    worlds.length,
  );
});

test('a world by path comes first, and what is none is refused', async () => {
  const { worlds } = await locateWorlds();
  const again = await locateWorlds([worlds[0]!.path]);
  expect(again.worlds.map(({ entry }) => entry.name)).toEqual(worlds.map(({ entry }) => entry.name));
  await expect(locateWorlds(['nowhere.safetensors'])).rejects.toThrow(/nowhere\.safetensors: does not exist/);
});

test('a catalog that is none is refused by field', () => {
  expect(() => parseCatalog({ worlds: [{ name: 3 }] }, 'catalog.json')).toThrow(
    /catalog\.json: worlds\.0\.name/,
  );
  expect(() => parseCatalog('<!doctype html>', 'catalog.json')).toThrow(/build the site again/);
});
