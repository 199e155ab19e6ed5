/** Parts of the schemas of a world's metadata. */
import * as v from 'valibot';

// Names and descriptions end up on terminals and pages: no control characters, no invisible reordering.
const printable = v.regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'has control characters');
export const text = v.pipe(v.string(), v.maxLength(4000), printable);
export const name = v.pipe(v.string(), v.minLength(1), v.maxLength(64), printable);
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
