import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from './command.js';
import { meantBy, namesOf, typed } from './names.js';
import { actionsMeant, parseScript } from './script.js';

const anyName = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.stringMatching(/^[a, '"\\*#0-9-]{1,9}$/),
);

describe('a name that a message gives', () => {
  it.each([
    ['right+up', 'right+up'],
    ['code 1', "'code 1'"],
    ['a,d', "'a,d'"],
    ['up*', "'up*'"],
    ['#1', "'#1'"],
    ["don't", "'don\\'t'"],
    ['C:\\', "'C:\\\\'"],
  ])('%s is typed %s', (name, text) => {
    expect(typed(name)).toBe(text);
    expect(parseScript(text)).toEqual([name]);
  });

  it('is the same when it is typed, in a script and in any list', () => {
    fc.assert(
      fc.property(
        fc.array(anyName, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (names, n) => {
          const script = names.map((name) => `${typed(name)}*${n}`).join(' ');
          expect(parseScript(script)).toEqual(names.flatMap((name) => Array<string>(n).fill(name)));
          expect(actionsMeant(names, names)).toEqual(names);
          expect(namesOf(names.map(typed).join(' , '), 'list')).toEqual(names);
        },
      ),
    );
  });
});

describe('an action', () => {
  const names = ['none', 'Arrow Right', 'a,d', 'up*', 'code 1', 'code-2', 'code 2'];
  const meant = (script: string) => actionsMeant(parseScript(script), names);

  it('is meant by what keyboards call an arrow, where no action is called so', () => {
    const arrows = (script: string) => actionsMeant(parseScript(script), ['right', 'up', 'arrow down']);
    expect(arrows('ArrowRight*2 arrow-up arrow-down')).toEqual(['right', 'right', 'up', 'arrow down']);
  });

  it('is meant by its name in quotes, with hyphens, in any case, or by its number', () => {
    expect(meant(`'Arrow Right'*2 "a,d" up\\* #3 code-1 ARROW_right Arrow\\ Right`)).toEqual([
      ...['Arrow Right', 'Arrow Right', 'a,d', 'up*'],
      3,
      ...['code 1', 'Arrow Right', 'Arrow Right'],
    ]);
    expect(meant("code-2 'code 2'")).toEqual(['code-2', 'code 2']);
    expect(meantBy('CODE-2', names)).toBeUndefined();
  });

  it('that nobody knows is refused with all names as they are typed', () => {
    expect(() => meant('code 1')).toThrow(
      "actions: this world knows no code; it knows none, 'Arrow Right', 'a,d', 'up*', 'code 1', code-2, 'code 2'. Type",
    );
    expect(() => meant("'Arrow Right")).toThrow(UsageError);
    expect(() => meant("'Arrow Right")).toThrow("a quote (') has no end in 'Arrow Right; write one more");
  });
});

it('lists have spaces around their names, and in them', () => {
  expect(namesOf(' tokenizer, motion ,,', 'list')).toEqual(['tokenizer', 'motion']);
  expect(namesOf("two words,' kept ',\\,", 'list')).toEqual(['two words', ' kept ', ',']);
  expect(namesOf(' , ', 'list')).toEqual([]);
});
