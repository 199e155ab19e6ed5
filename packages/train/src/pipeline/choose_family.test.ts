import { recorded } from '@snowglobe/model/testing';
import { expect, it } from 'vitest';
import { chooseFamily, possibleFamilies } from './choose_family.js';

/** A picture that never changes: made of patches, but nothing in it tells what was done. */
const still = recorded(['left', 'right'], new Array<number>(40).fill(0));

it('patches in which nothing scrolls make a world where key logs tell the actions, and none where they must be found', async () => {
  const keys = await chooseFamily(still, { name: 'auto', actions: 'true' });
  expect(keys.family.name).toBe('patches');
  const latent = await chooseFamily(still, { name: 'auto', actions: 'latent' });
  expect(latent.family.name).toBe('delta');
  expect(latent.remark).toMatch(/^family delta: patches of .*, but nothing tells actions apart in them$/);
});

it('recordings are asked whatever the actions are, unless a family is named', () => {
  const names = (name: string): string[] =>
    possibleFamilies({ name, actions: 'latent' }).map((family) => family.name);
  expect(names('auto')).toEqual(['patches', 'delta']);
  expect(names('delta')).toEqual(['delta']);
});
