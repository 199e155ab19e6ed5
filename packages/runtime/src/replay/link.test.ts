import { packText } from '@snowglobe/media/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeReplayLink, encodeReplayLink, isReplayLink } from './link.js';
import type { PromptSource } from './link.js';

const prompt = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 13) };
const replay = {
  ...{ seed: 7, temperature: 0.5, confidenceThreshold: 0.25, fps: 24, world: 'crafter', prompt },
  ...{ checksum: '0123456789abcdef', actions: ['left', 'left', 3, 'none'] },
};
const sources: (PromptSource | undefined)[] = [
  undefined,
  { picture: 'crafter-3' },
  { text: 'a lake in the west', seed: 2, candidate: 8 },
];

describe('a link', () => {
  test.each(sources)('leads to the same walk, from %j', (from) => {
    const link = encodeReplayLink(replay, from);
    expect(link).toMatch(/^walk=1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(isReplayLink(`#${link}`)).toBe(true);
    const linked = decodeReplayLink(`#${link}`);
    expect([linked.world, linked.from]).toEqual(['crafter', from]);
    const again = linked.replay(prompt);
    expect(again.isExact).toBe(true);
    expect({ ...again.replay, prompt }).toEqual(replay);
    expect([...again.replay.prompt.data]).toEqual([...prompt.data]);
    const other = { ...prompt, data: prompt.data.map((value) => value ^ 1) };
    expect(linked.replay(other).isExact).toBe(from === undefined);
  });

  test('carries what was told in the walk; what nobody can have told is refused', () => {
    const told = [[1, 'night falls']] as const;
    const link = encodeReplayLink({ ...replay, told }, sources[1]);
    expect(decodeReplayLink(link).replay(prompt).replay.told).toEqual(told);
    const bad = sealed(JSON.stringify({ ...linkOf(), told: [[-1, 'night falls']] }));
    expect(() => decodeReplayLink(bad)).toThrow(/the link: is no replay: the field 'told/);
  });

  test('of a minute with a key every second has a few hundred characters', () => {
    const keys = ['left', 'right', 'up', 'down', 'do'];
    const actions = Array.from({ length: 1440 }, (_, i) => keys[(Math.floor(i / 24) * 7) % 5]!);
    expect(encodeReplayLink({ ...replay, actions }, { picture: 'crafter-3' }).length).toBeLessThan(600);
  });

  test('that is cut, or changed by a character, is refused in one sentence', () => {
    const link = encodeReplayLink(replay, sources[1]);
    fc.assert(
      fc.property(fc.nat(link.length - 6), fc.constantFrom('cut', 'x', '.', '%', '世'), (at, change) => {
        const from = at + 5;
        const edited =
          change === 'cut' ? link.slice(0, from) : link.slice(0, from) + change + link.slice(from + 1);
        if (edited === link) return;
        expect(() => decodeReplayLink(edited)).toThrow(/^link: it [^\n]*\.$/);
      }),
    );
  });

  test.each([
    ['of another version', 'walk=2.00000000.AAAA', /version 2, and this page reads version 1/],
    ['of nothing', 'walk=', /cut off or changed/],
    ['too long', `walk=1.00000000.${'A'.repeat(100_000)}`, /cut off or changed/],
  ])('%s is refused', (_, link, message) => {
    expect(() => decodeReplayLink(link)).toThrow(message);
  });

  test.each([
    ['no object', '7'],
    ['no JSON', '{'],
    [
      'a text that is too long',
      JSON.stringify({ ...linkOf(), from: { text: 'x'.repeat(401), seed: 0, candidate: 1 } }),
    ],
    [
      'a candidate that there is not',
      JSON.stringify({ ...linkOf(), from: { text: 'x', seed: 0, candidate: 17 } }),
    ],
    ['days of frames', JSON.stringify({ ...linkOf(), actions: [['left', 1e9]] })],
    ['a bomb', `"${'x'.repeat(2_000_000)}"`],
  ])('with a right checksum around %s is refused', (_, text) => {
    expect(() => decodeReplayLink(sealed(text))).toThrow(/link: [^\n]+\./);
  });

  test('that nobody can pass on is refused when it is made', () => {
    let state = 1;
    const noise = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, noise);
    const noisy = { ...replay, prompt: { width: 64, height: 64, data } };
    expect(() => encodeReplayLink(noisy)).toThrow(
      /link: it would have \d+ characters.*save the replay as a file/,
    );
    expect(encodeReplayLink(noisy, sources[1]).length).toBeLessThan(400);
  });
});

function linkOf(): object {
  const { confidenceThreshold: certainty, actions: _, prompt: __, ...rest } = replay;
  return { ...rest, certainty, actions: [['left', 1]], from: { picture: 'a' }, sum: 0 };
}

/** A link around any text, as someone would make who knows the format. */
function sealed(text: string): string {
  const packed = Buffer.from(packText(text)).toString('base64url');
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(packed)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `walk=1.${(hash >>> 0).toString(16).padStart(8, '0')}.${packed}`;
}
