import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEditedJson } from './json.js';

const read = (content: Uint8Array | string): unknown =>
  parseEditedJson(content, 'plan.json', 'save it anew.');
const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const bytes = Buffer.from(text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};

test('any JSON is read, with and without a byte order mark, as bytes and as text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const expected: unknown = JSON.parse(text);
      for (const each of [text, `\ufeff${text}`]) {
        expect(read(each)).toEqual(expected);
        expect(read(Buffer.from(each))).toEqual(expected);
      }
    }),
  );
});

test.each([
  ['little-endian', false, ''],
  ['big-endian', true, ''],
  ['little-endian with a byte order mark', false, '\ufeff'],
  ['big-endian with a byte order mark', true, '\ufeff'],
])('UTF-16, %s, is named', (_, bigEndian, mark) => {
  const bytes = utf16(`${mark}{"a": 1}`, bigEndian);
  const sentence = 'plan.json: it is text in UTF-16; save it in UTF-8';
  expect(() => read(bytes)).toThrow(sentence);
  expect(() => read(bytes.toString('utf8'))).toThrow(sentence);
});

test('other bytes are named as what they are', () => {
  expect(() => read(Buffer.from('{"a": "\xe4"}', 'latin1'))).toThrow('plan.json: it is not text in UTF-8');
  expect(() => read('{"a": 1,}')).toThrow(/^plan\.json: it is no JSON \(.+\); save it anew\.$/);
  expect(() => read(new Uint8Array(0))).toThrow('plan.json: it is no JSON');
});

test('whatever comes, the only error is a sentence without control characters', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 40 })),
      (content) => {
        try {
          read(content);
        } catch (error) {
          expect((error as Error).name).toBe('SnowglobeError');
          expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('lists in lists cost no memory, and brackets in texts are none', () => {
  expect(() => read('['.repeat(4_000_000))).toThrow(
    'plan.json: it nests deeper than 64 levels; save it anew.',
  );
  expect(() => read('{"a":'.repeat(65))).toThrow(/deeper than 64/);
  expect(read(`${'['.repeat(64)}${']'.repeat(64)}`)).toHaveLength(1);
  const text = `\\"${'[{'.repeat(100)}`;
  expect(read(JSON.stringify({ [text]: text }))).toEqual({ [text]: text });
  expect(read(`[${'[],'.repeat(1000)}1]`)).toHaveLength(1001);
});
