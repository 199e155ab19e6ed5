/** Parts of the schemas of a world's metadata. */
import { quote } from '@snowglobe/graph/internal';
import * as v from 'valibot';

// Names and descriptions end up on terminals and pages: no control characters, no invisible reordering.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const printable = v.check<string, string>((value) => !unprintable.test(value), 'has control characters');
const mostOfText = 4000;
export const text = v.pipe(v.string(), v.maxLength(mostOfText), printable);
export const name = v.pipe(
  v.string(),
  v.minLength(1, 'is empty'),
  v.maxLength(64, 'must have at most 64 characters'),
  printable,
);

/** What can be done in a world; those of a key log are the same, because they become a world's. */
export const actionNames = v.pipe(
  v.array(name),
  v.minLength(1, 'is empty'),
  v.maxLength(256, 'must have at most 256 entries'),
  v.check(
    (names) => doubleIn(names) === undefined,
    ({ input }) => `has ${quote(doubleIn(input)!)} twice`,
  ),
);

const doubleIn = (names: readonly string[]): string | undefined =>
  names.find((each, i) => names.indexOf(each) !== i);

export const licences = v.pipe(v.array(text), v.maxLength(64));

/**
 * Any text as a description in a world file: control and format characters, which stand in file names that messengers and
 * phones write, become spaces, and what is too long ends in an ellipsis.
 */
export function describable(description: string): string {
  const clean = description.replace(new RegExp(unprintable, 'gu'), ' ').replace(/ {2,}/g, ' ').trim();
  if (clean.length <= mostOfText) return clean;
  // A pair of surrogates is not cut in two.
  return `${clean.slice(0, mostOfText - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

export const finite = v.pipe(v.number(), v.finite());

// valibot drops these names from a record without a word; neither a measurement nor an action can be called that.
const reserved = ['__proto__', 'prototype', 'constructor'];
export const plainRecord = v.pipe(
  v.unknown(),
  v.check(
    (value) => !reserved.some((each) => typeof value === 'object' && value && Object.hasOwn(value, each)),
    'has a reserved name (__proto__, prototype, constructor)',
  ),
);
