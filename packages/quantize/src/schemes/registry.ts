import { SnowglobeError } from '@snowglobe/graph';
import { codebookSchemes } from './codebooks.js';
import { integerSchemes } from './integers.js';
import type { Scheme } from './scheme.js';

const known = new Map<string, Scheme>();

/**
 * Makes a scheme known by its name, to reports and the command line alike.
 * @throws SnowglobeError when there is another one of that name
 */
export function registerScheme(scheme: Scheme): void {
  const other = known.get(scheme.name);
  if (other && other !== scheme) {
    throw new SnowglobeError(
      `scheme: there is a '${scheme.name}' already (${other.summary}); use another name.`,
    );
  }
  known.set(scheme.name, scheme);
}

for (const scheme of [...integerSchemes, ...codebookSchemes]) registerScheme(scheme);

/** Every scheme, in the order in which they were registered. */
export const allSchemes = (): readonly Scheme[] => [...known.values()];

/** @throws SnowglobeError listing the schemes that there are */
export function schemeNamed(name: string): Scheme {
  const scheme = known.get(name);
  if (scheme) return scheme;
  throw new SnowglobeError(`scheme: there is no '${name}'; use one of ${[...known.keys()].join(', ')}.`);
}
