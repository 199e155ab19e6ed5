import type { RemoteWorld } from '@snowglobe/runtime/browser';
import { expect, test } from 'vitest';
import { openInBest } from './open_in_best.js';
import type { Place, PlaceReport } from './places.js';

const place = (run: Place, available: boolean): PlaceReport => ({
  run,
  available,
  device: run,
  reason: `${run} is so`,
});
const places = [place('gpu', false), place('server', true), place('cpu', true)];
const world = {} as RemoteWorld;

test('takes the first place that is available', async () => {
  expect(await openInBest(places, 'auto', async () => world)).toEqual({ run: 'server', world, places });
});

test('goes on to the next when one fails, and remembers why', async () => {
  const opened = await openInBest(places, 'auto', async (run) => {
    if (run === 'server') throw new Error('all places are taken');
    return world;
  });
  expect(opened.run).toBe('cpu');
  expect(opened.places[1]).toEqual({ ...places[1], available: false, reason: 'all places are taken' });
});

test('tries the place that was asked for, and no other', async () => {
  const tried: Place[] = [];
  const open = async (run: Place): Promise<RemoteWorld> => {
    tried.push(run);
    throw new Error('no adapter');
  };
  await expect(openInBest(places, 'gpu', open)).rejects.toThrow('no adapter');
  expect(tried).toEqual(['gpu']);
});

test('says of every place why it cannot be', async () => {
  const none = [place('gpu', false), place('cpu', false)];
  await expect(openInBest(none, 'auto', async () => world)).rejects.toThrow(
    'The world cannot run here. gpu: gpu is so cpu: cpu is so',
  );
});
