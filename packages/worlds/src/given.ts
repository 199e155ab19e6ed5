/** What games are given, checked alike for every one of them. */

interface Game {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/**
 * @returns the look that is asked for; undefined where the seed chooses
 * @throws RangeError for a seed that is no integer, and a look that the game does not have
 */
export function givenLook<Look extends string>(
  { name }: Game,
  looks: readonly Look[],
  { seed, look }: { readonly seed: number; readonly look?: string | undefined },
): Look | undefined {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${name}: the seed must be an integer, got ${seed}`);
  if (look === undefined) return undefined;
  const known = looks.find((each) => each === look);
  if (known === undefined)
    throw new RangeError(`${name} has no look "${look}"; choose one of ${looks.join(', ')}`);
  return known;
}

/**
 * @param actions what each action of the game is
 * @throws RangeError for a number that is none of them
 */
export function givenAction<T>({ name }: Game, actions: readonly T[], action: number): T {
  const held = actions[action];
  if (held === undefined)
    throw new RangeError(`${name} has no action ${action}; its ${actions.length} actions start at 0`);
  return held;
}

/** @throws RangeError for an array that does not hold a frame of the game in RGB */
export function checkFrameArray({ name, width, height }: Game, { length }: Uint8Array): void {
  const bytes = height * width * 3;
  if (length !== bytes)
    throw new RangeError(`${name} draws ${width}x${height} RGB, ${bytes} bytes; the array has ${length}`);
}
