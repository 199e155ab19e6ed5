import { describe, expect, it } from 'vitest';
import { expandTemplate, includeParts } from './template.js';

const expand = (lines: readonly string[], values = {}): string[] =>
  expandTemplate(lines.join('\n'), values)
    .split('\n')
    .filter((line) => line !== '');

describe('expandTemplate', () => {
  it('writes loops out, nested ones too', () => {
    const body = [
      '//: for r in ROWS',
      'var s$r = 0;',
      '//: for c in 2',
      's$r_$c += x$r[$c];',
      '//: end',
      '//: end',
    ];
    expect(expand(body, { ROWS: 2 })).toEqual([
      'var s0 = 0;',
      's0_0 += x0[0];',
      's0_1 += x0[1];',
      'var s1 = 0;',
      's1_0 += x1[0];',
      's1_1 += x1[1];',
    ]);
  });

  it('adds two indices', () => {
    const body = ['//: for p in 2', '//: for d in 2', 'sum$p += x$(p+d) * y$d;', '//: end', '//: end'];
    expect(expand(body)).toEqual([
      'sum0 += x0 * y0;',
      'sum0 += x1 * y1;',
      'sum1 += x1 * y0;',
      'sum1 += x2 * y1;',
    ]);
    expect(expand(['//: for p in 1', '$(p+q)', '//: end'])).toEqual(['$(p+q)']);
  });

  it('keeps or drops what stands under a condition', () => {
    const body = ['//: if MASKED', 'a', '//: end', '//: if not MASKED', 'b', '//: end', 'c'];
    expect(expand(body, { MASKED: true })).toEqual(['a', 'c']);
    expect(expand(body, { MASKED: 0 })).toEqual(['b', 'c']);
  });

  it('puts other files in place of their names', () => {
    const parts = { head: 'a\nb\n' };
    expect(includeParts('x\n  //: include head\ny\n', parts)).toBe('x\na\nb\ny\n');
    expect(() => includeParts('//: include tail\n', parts)).toThrow(/no part tail/);
  });

  it('leaves text without directives as it is', () => {
    const body = 'fn main() { let price = 1; } // $r\n';
    expect(expandTemplate(body, {})).toBe(body);
  });

  it('says which line is wrong', () => {
    expect(() => expand(['x', '//: for r in ROWS', '//: end'])).toThrow(/line 2 names ROWS/);
    expect(() => expand(['//: if A', 'x'], { A: 1 })).toThrow(/block of line 1 does not end/);
    expect(() => expand(['x', '//: end', '//:'])).toThrow(/'end' on line 2 ends nothing/);
    expect(() => expand(['//: while x'])).toThrow(/line 1 has no meaning: while x/);
  });
});
