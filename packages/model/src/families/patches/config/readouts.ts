import * as v from 'valibot';
import type { EndCondition } from '../../../family/readouts.js';

/** Numbers that are read off the patches of a frame, and when a game is over. Found in recordings, see `findReadouts`. */
export interface ReadoutsConfig {
  readonly numbers: readonly NumberReadout[];
  readonly end?: EndCondition | undefined;
}

/** A number that one cell of a frame shows. */
export interface NumberReadout {
  readonly name: string;
  readonly cell: number;
  /** [patch, value]: what the cell shows, and what the number is then. Other patches do not tell it. */
  readonly values: readonly (readonly [patch: number, value: number])[];
}

const integer = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

/** What a number may be called: a key of records, in files and messages. */
const namePattern = /^[a-z][\w .-]{0,63}$/i;
export const isReadoutName = (name: string): boolean =>
  namePattern.test(name) && name !== 'constructor' && name !== 'prototype';

const name = v.pipe(v.string(), v.check(isReadoutName, 'must be letters, digits, spaces, dots and hyphens'));
const value = v.pipe(v.number(), v.safeInteger());
/** Numbers at most. */
export const mostReadouts = 64;

/** @param patch schema of a patch's number */
export const readoutsSchema = <Patch extends v.GenericSchema<number>>(patch: Patch) =>
  v.pipe(
    v.strictObject({
      numbers: v.pipe(
        v.array(
          v.strictObject({
            name,
            cell: integer(0, 4095),
            values: v.pipe(v.array(v.strictTuple([patch, value])), v.minLength(1), v.maxLength(4096)),
          }),
        ),
        v.minLength(1),
        v.maxLength(mostReadouts),
        v.check((all) => new Set(all.map((each) => each.name)).size === all.length, 'must differ by name'),
      ),
      end: v.optional(
        v.union([
          v.strictObject({ readout: name, atMost: value }),
          v.strictObject({ readout: name, atLeast: value }),
        ]),
      ),
    }),
    v.check(
      ({ numbers, end }) => !end || numbers.some((each) => each.name === end.readout),
      'end must be by one of its numbers',
    ),
  );
