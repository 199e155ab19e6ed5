import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeReplay, encodeReplay } from './replay.js';

const sampling = { seed: 7, temperature: 0.5, confidenceThreshold: 0.25, fps: 24, world: 'coinrun' };
const prompt = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 13) };

test('what was kept comes back, whatever was done', () => {
  const action = fc.oneof(fc.string({ minLength: 1, maxLength: 64 }), fc.nat(300));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const { prompt: picture, ...rest } = decodeReplay(
        encodeReplay({ ...sampling, prompt, actions }),
        'r.json',
      );
      expect(rest).toEqual({ ...sampling, actions });
      expect([picture.width, picture.height, ...picture.data]).toEqual([3, 2, ...prompt.data]);
    }),
  );
});

test('a world of one frame in two seconds has replays, too', () => {
  const text = encodeReplay({ ...sampling, fps: 0.5, prompt, actions: ['right'] });
  expect(decodeReplay(text, 'r.json').fps).toBe(0.5);
});

test('a held key takes one entry', () => {
  const text = encodeReplay({ ...sampling, prompt, actions: new Array<string>(5000).fill('right') });
  expect((JSON.parse(text) as { actions: unknown }).actions).toEqual([['right', 5000]]);
});

test.each([
  ['no JSON', '{', /r\.json: it is no JSON/],
  ['another format', '{"format":"x"}', /r\.json: is no replay/],
  [
    'an hour and more',
    {
      actions: [
        ['right', 54_000],
        ['left', 1],
      ],
    },
    /54000 frames/,
  ],
  ['a count of none', { actions: [['right', 0]] }, /'actions/],
  ['an unknown field', { more: 1 }, /is no replay/],
  ['a prompt that is no picture', { prompt: btoa('hello') }, /the prompt of r\.json/],
  ['no seed', { seed: 'x' }, /'seed'/],
  ['a rate of nothing', { fps: 0 }, /'fps' must be at least 0\.001/],
])('refuses %s in one sentence', (_, change, message) => {
  const good = JSON.parse(encodeReplay({ ...sampling, prompt, actions: ['right'] })) as object;
  const text = typeof change === 'string' ? change : JSON.stringify({ ...good, ...change });
  expect(() => decodeReplay(text, 'r.json')).toThrow(message);
});

test('refuses what is too long to keep', () => {
  const actions = new Array<string>(54_001).fill('right');
  expect(() => encodeReplay({ ...sampling, prompt, actions })).toThrow(/54001 frames/);
});
