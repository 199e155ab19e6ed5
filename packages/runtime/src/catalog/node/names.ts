/**
 * A world's name, and those of the worlds that it is a variant of, the nearest first: what lies beside a world under one of these names is
 * its own. `coinrun-int4`, `coinrun`.
 */
export function namesOf(name: string): readonly string[] {
  const variant = name.lastIndexOf('-');
  return variant < 1 ? [name] : [name, ...namesOf(name.slice(0, variant))];
}
