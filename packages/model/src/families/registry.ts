import { SnowglobeError } from '@snowglobe/graph';
import { deltaFamily } from './delta/delta_family.js';
import { patchesFamily } from './patches/patches_family.js';
import type { WorldFamily, WorldModel } from '../family/family.js';

/** Families by name, the default first: worlds whose file names none are of that one. */
const families = new Map<string, WorldFamily>(
  [deltaFamily, patchesFamily].map((family) => [family.name, family]),
);

/** The family of worlds whose file names none, and of those that are trained unless someone says otherwise. */
export const defaultFamily: WorldFamily = deltaFamily;

/** All families that world files can be of here, those of this package and those that were registered. */
export function allFamilies(): readonly WorldFamily[] {
  return [...families.values()];
}

/**
 * Makes worlds of another family known, to an application or a test.
 * @throws SnowglobeError when another one has its name
 */
export function registerFamily(family: WorldFamily): void {
  const known = families.get(family.name);
  if (known === family) return;
  if (known) {
    throw new SnowglobeError(
      `family: another one is called '${family.name}' already; give this one another name.`,
    );
  }
  families.set(family.name, family);
}

/**
 * @param source what asks for it, for messages
 * @throws SnowglobeError listing those that are known
 */
export function familyNamed(name: string, source = 'family'): WorldFamily {
  const family = families.get(name);
  if (family) return family;
  throw new SnowglobeError(
    `${source}: there is no family of worlds called '${name}' among ${[...families.keys()].join(', ')}; update Snowglobe, or register that family first.`,
  );
}

/**
 * The model of a world's metadata.
 * @param source the file in words, for messages
 * @throws SnowglobeError for an unknown family, or a config that it does not accept
 */
export function modelOf(
  { family, config }: { readonly family?: string | undefined; readonly config: unknown },
  source: string,
): WorldModel {
  return (family === undefined ? defaultFamily : familyNamed(family, source)).parse(config);
}
