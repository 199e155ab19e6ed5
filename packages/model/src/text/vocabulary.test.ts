import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clausesOf } from './clauses.js';
import {
  clausesIn,
  longestText,
  mostClauses,
  readText,
  remarkOn,
  usualClauses,
  vocabularyOf,
} from './vocabulary.js';

const captions = [
  { frame: 0, sentence: 'a forest with a lake in the west', things: { Cow: [2, 'east'], water: [12, ''] } },
  { frame: 8, sentence: 'there is a lake and a cow', things: { OpenChest: [1, 'ahead'] } },
] as const;
const vocabulary = vocabularyOf(captions);

describe('clausesOf', () => {
  it('parts what is said, and leaves out words that say nothing', () => {
    expect(clausesOf('There is a lake in the West, two cows and a café!')).toEqual([
      ['lake', 'west'],
      ['2', 'cows'],
      ['cafe'],
    ]);
    expect(clausesOf('north-west of OpenChest')).toEqual([['north', 'west', 'open', 'chest']]);
    expect(clausesOf(' … and, with; ')).toEqual([]);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const clause of clausesOf(text)) expect(clause.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('clausesIn', () => {
  it('is what the longest caption has, as far as a world can draw at once', () => {
    const saying = (count: number) => ({ frame: 0, sentence: 'a lake, '.repeat(count) });
    expect(clausesIn(captions)).toBe(usualClauses);
    expect(clausesIn([saying(3), saying(11), { frame: 0 }])).toBe(11);
    expect(clausesIn([saying(40)])).toBe(mostClauses);
  });
});

describe('vocabularyOf', () => {
  it('lists the words of sentences and things, the most frequent first, with small numbers', () => {
    expect(vocabulary[0]).toBe('cow');
    expect([...vocabulary].sort()).toEqual(
      ['1', '2', 'ahead', 'chest', 'cow', 'east', 'forest', 'lake', 'open', 'water', 'west'].sort(),
    );
  });
});

describe('readText', () => {
  const clauses = (text: string) => readText(text, { vocabulary }).clauses.map((words) => words.join(' '));

  it('reads other forms, other words and slips of the pen as words that are known', () => {
    expect(clauses('two cows')).toEqual(['2 cow']);
    expect(clauses('a pond on the left')).toEqual(['lake west']);
    expect(clauses('a forrest, water')).toEqual(['forest', 'water']);
    expect(remarkOn(readText('woods', { vocabulary }))).toBe(`'woods' is read as 'forest'.`);
    expect(remarkOn(readText('a forest', { vocabulary }))).toBeUndefined();
  });

  it('names what it does not know, and draws the rest', () => {
    const read = readText('a spaceship and a lake', { vocabulary });
    expect(read.clauses).toEqual([['lake']]);
    expect(read.unknown.map(({ word }) => word)).toEqual(['spaceship']);
    expect(remarkOn(readText('a lane, a lake', { vocabulary }))).toBe(
      `'lane' is not known here (nearest: lake).`,
    );
  });

  it('refuses what says nothing to it in one sentence', () => {
    expect(() => readText('', { vocabulary })).toThrow(
      /it has no word that says anything; say what is to be seen/,
    );
    expect(() => readText('Ёлки 森林 🚀', { vocabulary })).toThrow(/this world knows none of its words/);
    expect(() => readText('x'.repeat(longestText + 1), { vocabulary })).toThrow(
      /at most 400 characters, not one of 401 characters/,
    );
    for (const bad of [undefined, null, 7, {}, ['lake']]) {
      expect(() => readText(bad, { vocabulary })).toThrow(/^text: it must be a sentence/);
    }
  });

  it('draws so many clauses at most, and gives only known words whatever is written', () => {
    expect(clauses('lake, '.repeat(30))).toHaveLength(usualClauses);
    const read = readText('lake, '.repeat(18), { vocabulary, clauses: mostClauses });
    expect(read.clauses).toHaveLength(mostClauses);
    expect(remarkOn(read)).toBe(`too much is said for one picture, so 'lake, lake' is left out.`);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('lake', 'cow', 'and', '__proto__', 'constructor', '9')),
        (words) => {
          try {
            const read = readText(words.join(' '), { vocabulary });
            expect(read.clauses.flat().every((word) => vocabulary.includes(word))).toBe(true);
          } catch (error) {
            expect((error as Error).message).toMatch(/^text: /);
          }
        },
      ),
    );
  });
});
