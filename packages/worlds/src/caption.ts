/** Where something is seen from the middle of the picture. */
export type Direction = 'ahead' | 'left' | 'right' | 'above' | 'below' | 'here';

/** What a frame shows, in words: for conditioning on text, and for finding frames. */
export interface Caption {
  /** Things in view by name: how many, and where the nearest is. */
  readonly things: Readonly<Record<string, readonly [count: number, direction: Direction]>>;
  readonly sentence: string;
}

/** One thing in view. */
export interface Sighting {
  readonly name: string;
  readonly direction: Direction;
  /** In any unit; the nearest gives the direction. */
  readonly distance: number;
}

/**
 * Puts sightings into a sentence: `a cellar: a door ahead, 2 torches to the left`.
 * @param place what the whole is, with its article
 */
export function captionOf(place: string, sightings: readonly Sighting[]): Caption {
  const nearest = new Map<string, { count: number; sighting: Sighting }>();
  for (const sighting of sightings) {
    const known = nearest.get(sighting.name);
    nearest.set(sighting.name, {
      count: (known?.count ?? 0) + 1,
      sighting: known && known.sighting.distance <= sighting.distance ? known.sighting : sighting,
    });
  }
  const sorted = [...nearest.values()].sort((a, b) => a.sighting.distance - b.sighting.distance);
  const things = Object.fromEntries(
    sorted.map(({ count, sighting }) => [sighting.name, [count, sighting.direction] as const]),
  );
  const phrases = sorted.map(
    ({ count, sighting }) => `${counted(count, sighting.name)} ${phraseOf(sighting)}`,
  );
  return { things, sentence: phrases.length === 0 ? place : `${place}: ${phrases.join(', ')}` };
}

const phraseOf = ({ direction }: Sighting): string =>
  direction === 'left' || direction === 'right' ? `to the ${direction}` : direction;

function counted(count: number, name: string): string {
  if (count === 1) return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
  return `${count} ${/(s|ch)$/.test(name) ? `${name}es` : `${name}s`}`;
}
