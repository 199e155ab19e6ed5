import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import { isOver } from '../../../family/readouts.js';
import { generatorFor } from '../../../random.js';
import { findReadouts } from './find_readouts.js';
import { readoutsOf } from './read.js';

/**
 * A game without a picture: of six cells the last two show health (patches 10 to 13) and coins (20 to 29, a blank for none), the third shows which way
 * one faces, or a sleeper of whom that is not seen; the others show anything. A game is over without health; half of the recordings end before.
 */
const names = ['x', 'health', 'coins', 'facing', 'asleep', 'speed', 'lives'];
const [cells, codebook, blank] = [6, 40, 1];

function game(clips: number, frames = 80) {
  const logged: number[][] = [];
  const coded = Array.from({ length: clips }, (_, clip) => {
    const random = generatorFor(clip, 'game');
    const [codes, states]: [number[], number[]] = [[], []];
    const dies = clip % 2 === 0;
    let [coins, asleep] = [0, 0];
    for (let t = 0; t < frames; t++) {
      const last = t === frames - 1;
      const health = dies ? Math.ceil((3 * (frames - 1 - t)) / (frames - 1)) : 3 - (t % 3);
      if (t % 9 === 0) coins = Math.min(9, coins + uniformInt(random, 0, 2));
      if (t % 20 === 0) asleep = uniformInt(random, 0, 3) === 0 ? 1 : 0;
      const facing = uniformInt(random, -1, 1);
      const anything = () => uniformInt(random, 0, 8);
      codes.push(anything(), anything(), asleep ? 35 : 31 + facing);
      codes.push(anything(), health === 0 ? blank : 10 + health, coins === 0 ? blank : 20 + coins);
      states.push(clip * 7 + t, health, coins, facing, asleep, last ? 0.5 : 1.5, 3);
    }
    logged.push(states);
    return Int16Array.from(codes);
  });
  return { clips: coded, cells, codebook, states: { names, of: (clip: number) => logged[clip]! } };
}

describe('numbers of key logs', () => {
  const recorded = game(10);
  const { readouts, leftOut } = findReadouts(recorded);

  it('are kept where a cell shows them, with the end of the game', () => {
    expect(readouts!.numbers.map(({ name, cell }) => [name, cell])).toEqual([
      ['health', 4],
      ['coins', 5],
      ['facing', 2],
      ['asleep', 2],
    ]);
    expect(readouts!.end).toEqual({ readout: 'health', atMost: 0 });
    expect(leftOut.map((each) => each.split(' (')[0])).toEqual(['x', 'speed', 'lives']);
    expect(leftOut.join()).toMatch(
      /x \(more than 64 values\),speed \(not in integers\),lives \(always the same\)/,
    );
  });

  it('are read off other recordings as their key logs have them, and not where they cannot be seen', () => {
    const other = game(13);
    const { read, numbers, end } = readoutsOf(readouts!);
    expect(numbers[0]).toEqual({ name: 'health', least: 0, most: 3 });
    for (const clip of [11, 12]) {
      const rows = other.states.of(clip);
      for (let t = 0; t < 80; t++) {
        const values = read(other.clips[clip]!.subarray(t * cells, (t + 1) * cells));
        const [health, coins, facing, asleep] = rows.slice(t * names.length + 1);
        expect(values).toEqual({ health, coins, asleep, ...(asleep === 0 && { facing }) });
        expect(isOver(values, end)).toBe(health === 0);
      }
    }
    expect(read(new Int16Array(cells))).toEqual({});
  });

  it('have no end where games go on after it, or where too few come to it', () => {
    const goesOn = { ...recorded, states: { names, of: (clip: number) => [...recorded.states.of(clip)] } };
    const [first] = recorded.clips;
    const longer = {
      ...goesOn,
      clips: [Int16Array.from([...first!, ...first!]), ...recorded.clips.slice(1)],
    };
    const twice = (clip: number): number[] => [...recorded.states.of(clip), ...recorded.states.of(clip)];
    longer.states.of = (clip) => (clip === 0 ? twice(0) : [...recorded.states.of(clip)]);
    expect(findReadouts(longer).readouts!.end).toBeUndefined();
    // Clips 0, 2 and 4 end so.
    expect(findReadouts(game(5)).readouts!.end).toBeDefined();
    expect(findReadouts(game(4)).readouts!.end).toBeUndefined();
  });

  it('are none in one recording, of which none can be held out', () => {
    expect(findReadouts(game(1)).readouts).toBeUndefined();
  });
});
