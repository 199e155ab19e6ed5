/** What a visitor called the codes of a world. */

/** Characters of a name at most. */
export const longestName = 24;

const storageKey = (world: string): string => `snowglobe-codes-${world}`;

/** By number; empty where nobody has named any. */
export function keptNames(world: string): ReadonlyMap<number, string> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey(world)) ?? '{}');
    if (typeof value !== 'object' || value === null) return new Map();
    const named = Object.entries(value).filter(
      ([code, name]) => /^\d{1,4}$/.test(code) && typeof name === 'string' && name !== '',
    );
    return new Map(named.map(([code, name]) => [Number(code), (name as string).slice(0, longestName)]));
  } catch {
    return new Map();
  }
}

export function keepNames(world: string, names: ReadonlyMap<number, string>): void {
  try {
    localStorage.setItem(storageKey(world), JSON.stringify(Object.fromEntries(names)));
  } catch {
    // Private windows remember nothing.
  }
}
