import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { actionNames, describable, text } from './fields.js';

describe('a description of file names', () => {
  it.each([
    ['a\u200e\u200cClip\u200d.mp4', 'a Clip .mp4'],
    ['two\tcolumns\nand lines', 'two columns and lines'],
    ['plain name.mp4', 'plain name.mp4'],
  ])('%j becomes %j', (from, to) => expect(describable(from)).toBe(to));

  it('may stand in a world file, whatever the names are; what may already is left as it is', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6000 }),
      fc.string({ minLength: 3990, maxLength: 4010 }),
    );
    fc.assert(
      fc.property(any, (name) => {
        const clean = describable(name);
        expect(v.safeParse(text, clean).issues).toBeUndefined();
        expect(describable(clean)).toBe(clean);
      }),
    );
    expect(describable('x'.repeat(4000))).toBe('x'.repeat(4000));
    expect(describable('x'.repeat(4001))).toBe(`${'x'.repeat(3999)}…`);
    expect(describable(`${'x'.repeat(3998)}😀😀`)).toBe(`${'x'.repeat(3998)}…`);
  });
});

it('action names are few, short, printable and different', () => {
  const issue = (names: readonly string[]) => v.safeParse(actionNames, names).issues?.[0].message;
  expect(issue(['none', 'Arrow Right', 'a,d', 'up*'])).toBeUndefined();
  expect(issue([])).toBe('is empty');
  expect(issue([''])).toBe('is empty');
  expect(issue(['x'.repeat(65)])).toBe('must have at most 64 characters');
  expect(issue(Array.from({ length: 257 }, (_, i) => `${i}`))).toBe('must have at most 256 entries');
  expect(issue(['a\nb'])).toBe('has control characters');
  expect(issue(['a', 'a'])).toBe("has 'a' twice");
});
