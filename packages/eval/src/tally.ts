/** How often something came of the times that it could. */
export interface Share {
  readonly came: number;
  readonly of: number;
}

/** Counts how often something came. */
export class Tally implements Share {
  came = 0;
  of = 0;

  add(came: boolean): void {
    this.addMany(came ? 1 : 0, 1);
  }

  addMany(came: number, of: number): void {
    this.came += came;
    this.of += of;
  }

  toJSON(): Share {
    return { came: this.came, of: this.of };
  }
}

/** All shares together. */
export function together(shares: Iterable<Share>): Share {
  const all = new Tally();
  for (const { came, of } of shares) all.addMany(came, of);
  return all.toJSON();
}
