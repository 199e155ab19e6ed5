import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import * as v from 'valibot';

/**
 * Reads an object of options as callers pass them: `undefined` is as leaving an option out, fields that the schema does not
 * have are left alone, and everything else is refused.
 * @param what whose options they are, for the message
 * @param schema whose issues are clauses that name the option, its value and what it may be, as those of `numberOption` do
 * @throws SnowglobeError
 */
export function readOptions<S extends v.GenericSchema>(
  what: string,
  schema: S,
  options: unknown,
): v.InferOutput<S> {
  if (typeof options !== 'object' || options === null) {
    throw new SnowglobeError(`${what}: its options are ${show(options)}; pass an object.`);
  }
  const result = v.safeParse(schema, options, { abortEarly: true });
  if (!result.success) throw new SnowglobeError(`${what}: ${result.issues[0].message}.`);
  return result.output;
}

/** The options that were given: those that are `undefined` take no part in a spread over defaults. */
export function given<T extends object>(
  options: T | undefined,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A number within bounds, both included. @param advice which to choose */
export function numberOption(name: string, least: number, most: number, advice: string) {
  const say = ({ input }: { readonly input: unknown }): string =>
    typeof input === 'number'
      ? `${name} ${input} is out of range; ${advice}`
      : `${name} ${show(input)} is no number; ${advice}`;
  return v.pipe(v.number(say), v.minValue(least, say), v.maxValue(most, say));
}

/** An integer within bounds, both included. */
export function integerOption(name: string, least: number, most: number, advice: string) {
  const say = ({ input }: { readonly input: unknown }): string =>
    `${name} ${show(input)} is not an integer of ${least} to ${most}; ${advice}`;
  return v.pipe(v.number(say), v.integer(say), v.minValue(least, say), v.maxValue(most, say));
}

/** One of some words. */
export function choiceOption<const T extends readonly string[]>(name: string, choices: T) {
  return v.picklist(
    choices,
    ({ input }) => `${name} ${show(input)} is not known; use one of ${choices.join(', ')}`,
  );
}

/** A text. */
export function textOption(name: string, advice: string) {
  return v.string(({ input }) => `${name} ${show(input)} is no text; ${advice}`);
}

/** True or false. */
export function flagOption(name: string) {
  return v.boolean(({ input }) => `${name} ${show(input)} is neither true nor false; use one of them`);
}
