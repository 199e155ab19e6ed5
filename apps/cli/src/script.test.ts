import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from './command.js';
import { parseScript } from './script.js';

describe('parseScript', () => {
  it('repeats actions as often as it says', () => {
    expect(parseScript('right*3, jump none*2')).toEqual(['right', 'right', 'right', 'jump', 'none', 'none']);
    expect(parseScript('right+up*2')).toEqual(['right+up', 'right+up']);
  });

  it.each(['', '  ,', 'right*', 'right*0', '*3', 'right*-1', 'right*2*2', 'right*99999999', '"right'])(
    'refuses %j with a sentence',
    (text) => expect(() => parseScript(text)).toThrow(UsageError),
  );

  it('gives exactly what was written, or a usage error', () => {
    const name = fc.stringMatching(/^[a-z+]{1,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.integer({ min: 1, max: 50 })), { minLength: 1 }), (parts) => {
        const text = parts.map(([action, count]) => `${action}*${count}`).join(' ');
        const expected = parts.flatMap(([action, count]) => new Array<string>(count).fill(action));
        expect(parseScript(text)).toEqual(expected);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseScript(text).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
