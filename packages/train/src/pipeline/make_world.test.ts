import { defaultFamily } from '@snowglobe/model';
import { describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { checkFutureWorld, worldBytes } from './make_world.js';

const frame = { width: 64, height: 64, fps: 15 };
const latent = defaultFamily.fromPreset('micro', frame);
const data = (actionNames: readonly string[]): ClipDataset =>
  ({ ...frame, actionNames, clips: [] }) as unknown as ClipDataset;
const provenance = { command: 'train', seeds: [1], hours: 0, machine: 'm', data: 'd', licences: ['CC0'] };
const withActions = (trueActions: number) => defaultFamily.fromPreset('micro', frame, { trueActions });
const many = Array.from({ length: 257 }, (_, i) => `key ${i}`);

describe('what a world will say is checked before training', () => {
  it('and may be anything that the world file takes', () => {
    checkFutureWorld(data([]), latent, provenance);
    checkFutureWorld(data(['none', 'Arrow Right', 'a,d']), latent, provenance);
    checkFutureWorld(data(['none', 'up*']), withActions(2), provenance);
  });

  it('file names in it are cleaned and shortened', () => {
    const names = `${'recording \u200eof a game.mp4 '.repeat(300)}`;
    checkFutureWorld(data([]), latent, { ...provenance, command: names, data: names, machine: 'a\tb' });
  });

  it.each([
    ['a long name', ['none', 'x'.repeat(65)], {}, "'actionNames.1' must have at most 64 characters"],
    ['many names', many, {}, "'actionNames' must have at most 256 entries"],
    ['a reserved name', ['constructor'], {}, 'reserved name'],
    ['a line break', [], { licences: ['MIT\nCC0'] }, "'provenance.licences.0' has control characters"],
  ])('%s is refused', (_, names, more, message) => {
    expect(() => checkFutureWorld(data(names), latent, { ...provenance, ...more })).toThrow(message);
  });

  it('more actions than a world has are refused with true actions too', () => {
    expect(() => checkFutureWorld(data(many), withActions(2), provenance)).toThrow('256 entries');
  });
});

it('what a file has at least is told from its config', () => {
  // The world that comes along is of the size `tiny`: with its encoders it has 20 MB.
  const tiny = defaultFamily.fromPreset('tiny', frame);
  expect(worldBytes(tiny)).toBeGreaterThan(4e6);
  expect(worldBytes(tiny)).toBeLessThan(30e6);
  expect(worldBytes(latent)).toBeLessThan(worldBytes(tiny) / 4);
});
