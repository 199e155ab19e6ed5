import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventLike, knownEvents, mostEvents, readEvent } from './events.js';
import { longestText } from './vocabulary.js';

const heard = [
  'the belt stops',
  'night falls',
  'the belt stops',
  'belt stops!',
  ' … ',
  'the belt\nstarts',
  'a red parcel arrives',
];
const events = knownEvents(heard);

describe('knownEvents', () => {
  it('lists different events, the most frequent first, and nothing that says nothing', () => {
    expect(events).toEqual(['the belt stops', 'a red parcel arrives', 'night falls', 'the belt starts']);
    expect(knownEvents([])).toEqual([]);
  });

  it('keeps what is known already where it stands', () => {
    expect(knownEvents(heard, ['night falls', 'it rains'])).toEqual([
      ...['night falls', 'it rains', 'the belt stops', 'a red parcel arrives', 'the belt starts'],
    ]);
    const many = Array.from({ length: 2 * mostEvents }, (_, i) => `event number${i} comes`);
    expect(knownEvents(many)).toHaveLength(mostEvents);
  });

  it('finds the event that a recorded sentence is', () => {
    expect(eventLike('Belt stops', events)).toBe('the belt stops');
    expect(eventLike('the belt', events)).toBeUndefined();
  });
});

describe('readEvent', () => {
  it('reads other orders, forms and slips of the pen, and what only one event says', () => {
    expect(readEvent('night falls', events)).toBe('night falls');
    expect(readEvent('The BELT has stops', knownEvents(['belt has stops']))).toBe('belt has stops');
    expect(readEvent('nightt', events)).toBe('night falls');
    expect(readEvent('parcels', events)).toBe('a red parcel arrives');
    expect(readEvent('stops the belt', events)).toBe('the belt stops');
  });

  it('says in one sentence what is wrong, and what it knows', () => {
    const known =
      'this world can be told: the belt stops, a red parcel arrives, night falls, the belt starts.';
    expect(() => readEvent('…', events)).toThrow(`tell: it has no word that says anything; ${known}`);
    expect(() => readEvent('a volcano erupts', events)).toThrow(`tell: 'volcano' is not known here`);
    expect(() => readEvent('a bolt stops', events)).toThrow(/'bolt' is not known here \(nearest: belt/);
    expect(() => readEvent('the belt', events)).toThrow(
      `tell: 'belt' may mean several events; say which: the belt stops, the belt starts.`,
    );
    expect(() => readEvent('night stops', events)).toThrow(
      `no event that is known here has all of 'night stops'`,
    );
    expect(() => readEvent('x'.repeat(longestText + 1), events)).toThrow(
      'at most 400 characters, not one of 401 characters',
    );
    expect(() => readEvent('night falls', [])).toThrow('tell: this world knows no events');
    for (const bad of [undefined, null, 7, {}, ['night falls']]) {
      expect(() => readEvent(bad, events)).toThrow(/^tell: it must be a sentence/);
    }
  });

  it('gives one of the events or an error of its own, whatever is said', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...events, '__proto__')),
        (text) => {
          try {
            expect(events).toContain(readEvent(text, events));
          } catch (error) {
            expect((error as Error).message).toMatch(/^tell: /);
          }
        },
      ),
    );
  });
});
