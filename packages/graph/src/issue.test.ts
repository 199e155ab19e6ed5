import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { describeIssue } from './issue.js';

const said = (schema: v.GenericSchema, value: unknown, at?: string): string =>
  describeIssue(v.safeParse(schema, value, { abortEarly: true }).issues![0], at);

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(9));
const schema = v.strictObject({
  version: v.literal(1),
  kind: v.picklist(['a', 'b']),
  count,
  name: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(3))),
  layers: v.optional(v.record(v.string(), v.strictObject({ bits: count }))),
  list: v.optional(v.pipe(v.array(count), v.length(2))),
  pair: v.optional(v.strictTuple([count])),
  either: v.optional(v.union([v.string(), v.number()])),
});
const good = { version: 1, kind: 'a', count: 3 };

test.each<[object | unknown[] | number, string]>([
  [{ ...good, more: 1 }, "has the unknown field 'more'"],
  [{ kind: 'a', count: 3 }, "the field 'version' is missing"],
  [{ ...good, version: 2 }, "the field 'version' must be 1, not 2"],
  [{ ...good, kind: 'c' }, `the field 'kind' must be "a" or "b", not "c"`],
  [{ ...good, count: 0 }, "the field 'count' must be at least 1, not 0"],
  [{ ...good, count: 10 }, "the field 'count' must be at most 9, not 10"],
  [{ ...good, count: 1.5 }, "the field 'count' must be an integer, not 1.5"],
  [{ ...good, count: [3] }, "the field 'count' must be a number, not a list"],
  [{ ...good, name: '' }, "the field 'name' must have at least 1 character, not 0"],
  [{ ...good, name: 'abcd' }, "the field 'name' must have at most 3 characters, not 4"],
  [{ ...good, name: 3 }, "the field 'name' must be a text, not 3"],
  [{ ...good, layers: { x: {} } }, "the field 'layers.x.bits' is missing"],
  [{ ...good, layers: { x: { bits: 1, y: 1 } } }, "has the unknown field 'layers.x.y'"],
  [{ ...good, layers: { x: 7 } }, "the field 'layers.x' must be an object, not 7"],
  [{ ...good, list: [1] }, "the field 'list' must have 2 entries, not 1"],
  [{ ...good, pair: [1, 2] }, "has the unknown field 'pair.1'"],
  [{ ...good, either: true }, "the field 'either' must be a text or a number, not true"],
  [7, 'it must be an object, not 7'],
])('%j is told in our words', (value, sentence) => {
  expect(said(schema, value)).toBe(sentence);
});

test('messages of a schema follow the name of the field, and those about the whole stand alone', () => {
  const whole = <T>(message: string) => v.check<T, string>(() => false, message);
  const field = (message: string) => v.object({ fps: v.pipe(v.number(), whole<number>(message)) });
  expect(said(field('must be even'), { fps: 1 }, 'config')).toBe("the field 'config.fps' must be even");
  expect(said(field('its half is odd'), { fps: 1 })).toBe("the field 'fps': its half is odd");
  expect(
    said(v.pipe(v.record(v.string(), v.number()), whole<Record<string, number>>('a is b')), {}, 'config'),
  ).toBe('a is b');
});

test('controls that JSON leaves are escaped as well', () => {
  expect(said(v.object({ unit: v.picklist(['share']) }), { unit: 'a\u007fb\u009b' }, '')).toBe(
    'the field \'unit\' must be "share", not "a\\u{7f}b\\u{9b}"',
  );
});

test('whatever is wrong with whatever value, no word of valibot and no control character is left', () => {
  fc.assert(
    fc.property(fc.anything(), fc.string({ unit: 'binary', maxLength: 8 }), (value, key) => {
      for (const each of [
        value,
        { ...good, [key]: value },
        { ...good, count: value },
        { layers: { [key]: value } },
      ]) {
        const result = v.safeParse(schema, each, { abortEarly: true });
        if (result.success) continue;
        const sentence = describeIssue(result.issues[0]);
        expect(sentence).not.toMatch(/Invalid|Expected|received/);
        expect(sentence).not.toMatch(/\p{Cc}/u);
        expect(sentence.length).toBeLessThan(300);
      }
    }),
  );
});
