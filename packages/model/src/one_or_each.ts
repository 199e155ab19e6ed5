/** One for all worlds of a frame, or one each for worlds apart. */
export type OneOrEach = number | readonly number[];

/** As the values of an input, (1) or (B). */
export const valuesOf = (value: OneOrEach): readonly number[] =>
  typeof value === 'number' ? [value] : value;

/** What holds for one of the worlds. */
export const valueFor = (value: OneOrEach, world: number): number =>
  typeof value === 'number' ? value : value[world]!;
