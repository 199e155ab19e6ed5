import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { modelOf } from '@snowglobe/model/internal';
import { expect, test } from 'vitest';
import { untrainedWorld } from '../testing/untrained_world.js';
import { readWorldFileSummary } from '../node/world_files.js';
import { isReached } from './about.js';
import { parseCatalog } from './catalog.js';
import { locateWorlds } from './node/locate.js';
import { readSkin, withSkin } from './node/skins.js';

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

test('worlds that come along move in a gallery, in 60 kB each; a variant as the world that it is of', async () => {
  const { worlds } = await locateWorlds();
  for (const { entry, thumbnail } of worlds) {
    expect(entry.thumbnail).toMatch(/^worlds\/thumbnails\/\w+\.gif$/);
    expect((await stat(thumbnail!)).size).toBeLessThanOrEqual(60_000);
  }
  const named = new Map(worlds.map(({ entry }) => [entry.name, entry.thumbnail]));
  expect(named.get('crafter-int4')).toBe(named.get('crafter'));
});

test('every skin that comes along is an atlas of its world, and what is said of worlds names their tiles', async () => {
  const { worlds } = await locateWorlds();
  const crafter = worlds.find(({ entry }) => entry.name === 'crafter')!;
  expect(crafter.entry.skins).toEqual([{ name: 'crafter-16', file: 'worlds/skins/crafter-16.png' }]);
  expect(crafter.entry.goals.length).toBeGreaterThan(5);
  expect(worlds.find(({ entry }) => entry.name === 'crafter-int4')!.entry.skins).toEqual(crafter.entry.skins);
  for (const { entry, path, skins } of worlds) {
    const { metadata } = await readWorldFileSummary(path);
    const { tiles } = modelOf(metadata, path);
    for (const skin of skins) expect((await readSkin(skin, tiles, entry.name)).width).toBeGreaterThan(0);
    for (const { cells, codes } of entry.goals) {
      for (const code of codes) expect(code).toBeLessThan(tiles!.count);
      for (const { row, column } of cells) {
        expect([row < tiles!.rows, column < tiles!.columns]).toEqual([true, true]);
      }
    }
  }
});

test('a world in a skin that was named has it first, and one that is none is refused', async () => {
  const { worlds } = await locateWorlds();
  const crafter = worlds.find(({ entry }) => entry.name === 'crafter')!;
  const again = await withSkin(crafter, crafter.skins[0]!);
  expect([again.skins, again.entry.skins]).toEqual([crafter.skins, crafter.entry.skins]);
  await expect(withSkin(crafter, crafter.prompts[0]!)).rejects.toThrow(/none of \d+ tiles/);
  const coinrun = worlds.find(({ entry }) => entry.name === 'coinrun')!;
  await expect(withSkin(coinrun, crafter.skins[0]!)).rejects.toThrow("frames of 'coinrun' are painted");
});

test('a goal is reached where one of its cells shows one of its tiles', () => {
  const goal = {
    name: 'g',
    cells: [
      { row: 0, column: 1 },
      { row: 1, column: 0 },
    ],
    codes: [4, 9],
  };
  expect(isReached(goal, Int32Array.of(4, 0, 0, 9), 2)).toBe(false);
  expect(isReached(goal, Int32Array.of(0, 4, 0, 0), 2)).toBe(true);
  expect(isReached(goal, Int32Array.of(0, 0, 9, 0), 2)).toBe(true);
});

test('a world by path comes first, and what is none is refused', async () => {
  const { worlds } = await locateWorlds();
  const again = await locateWorlds([worlds[0]!.path]);
  expect(again.worlds.map(({ entry }) => entry.name)).toEqual(worlds.map(({ entry }) => entry.name));
  await expect(locateWorlds(['nowhere.safetensors'])).rejects.toThrow(/nowhere\.safetensors: does not exist/);
});

test('a catalog that is none is refused by field', () => {
  expect(() => parseCatalog({ worlds: [{ name: 3 }] }, 'catalog.json')).toThrow(
    /catalog\.json: the field 'worlds\.0\.name'/,
  );
  expect(() => parseCatalog('<!doctype html>', 'catalog.json')).toThrow(/build the site again/);
});

const entry = {
  ...{ name: 'a', file: 'worlds/a.safetensors', bytes: 1000, parameters: 10, width: 64, height: 64, fps: 15 },
  ...{ data: 'clips', licences: [], prompts: [], skins: [], goals: [] },
};

test('an odd entry takes no other down', () => {
  const odd = [
    { ...entry, name: 'b', fps: 0 },
    7,
    null,
    { ...entry, name: '' },
    { ...entry, data: 'x'.repeat(4001) },
  ];
  const slow = { ...entry, name: 'slow', fps: 0.001 };
  const { worlds, refused } = parseCatalog({ worlds: [...odd, entry, slow, entry] }, 'catalog.json');
  expect(worlds).toEqual([entry, slow]);
  expect(refused).toEqual([
    expect.stringMatching(/^catalog\.json: the field 'worlds\.0\.fps' must be at least 0\.001/),
    expect.stringMatching(/^catalog\.json: the field 'worlds\.1' must/),
    expect.stringMatching(/^catalog\.json: the field 'worlds\.2' must/),
    expect.stringMatching(/^catalog\.json: the field 'worlds\.3\.name' must/),
    expect.stringMatching(/^catalog\.json: the field 'worlds\.4\.data' must/),
    expect.stringMatching(/^catalog\.json: worlds\.7 is a second 'a'/),
  ] as string[]);
  expect(parseCatalog({ worlds: [] }, 'catalog.json').worlds).toEqual([]);
});

test('worlds are known by the names of their files: one file twice is one, two of one name are refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'snowglobe-locate-'));
  try {
    const world = untrainedWorld();
    const slow = {
      ...world,
      metadata: { ...world.metadata, config: { ...world.metadata.config, fps: 0.5 } },
    };
    const bytes = encodeWorld(slow);
    const [here, there] = [join(folder, 'w.safetensors'), join(folder, 'more', 'w.safetensors')];
    await mkdir(join(folder, 'more'));
    await writeFile(here, bytes);
    await writeFile(there, bytes);
    await symlink(here, join(folder, 'more', 'link.safetensors'));
    await expect(locateWorlds([here, there])).rejects.toThrow(
      `${there}: another world is called 'w', too (${here}); rename one of the files.`,
    );
    const { asked, worlds } = await locateWorlds([here, join(folder, '.', 'w.safetensors'), here]);
    expect(asked.map(({ entry: { name, fps } }) => [name, fps])).toEqual([['w', 0.5]]);
    expect(worlds.length).toBeGreaterThan(1);
    expect(parseCatalog({ worlds: asked.map((each) => each.entry) }, 'catalog').refused).toEqual([]);
    const long = join(folder, `${'x'.repeat(201)}.safetensors`);
    await writeFile(long, bytes);
    await expect(locateWorlds([long])).rejects.toThrow(
      /no page would take it, as the field 'entry\.name' must have .*rename the file/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
