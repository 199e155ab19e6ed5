import { findWorld, readWorldFile } from '@snowglobe/runtime';
import { expect, test } from 'vitest';
import { layersOfWorld, tablesAmong } from './layers.js';

test('tables are layers, packed row by row; what holds pixels is none, nor what is remembered', async () => {
  const file = await readWorldFile(await findWorld('dungeon'));
  const layers = await layersOfWorld(file);
  const tables = tablesAmong(layers);
  expect([...tables].sort()).toEqual(
    [
      ...['frames', 'hint', 'known', 'view', 'viewScale'].map((name) => `dynamics/${name}/embedding`),
      'motion/embedding',
      ...['known', 'judge/patches', 'judge/text/words', 'text/words'].map(
        (name) => `words/${name}/embedding`,
      ),
    ].sort(),
  );
  // A row for each of 541 patches, and one for none.
  expect(layers.get('dynamics/hint/embedding')).toMatchObject({
    ...{ variable: [542, 128], shape: [128, 542], isTable: true },
  });
  expect(layers.get('dynamics/logits/weight')).toMatchObject({ shape: [128, 541], isTable: false });
});
