/** What a step is told, as its options. */
export const telling = (tell: string | undefined): { readonly tell?: string } =>
  tell === undefined ? {} : { tell };

/** Steps that are asked for and not answered yet, and what the world is told in each: it counts when a frame shows it. */
export class Requests {
  /** What the next one tells. */
  #next: string | undefined;
  /** What those under way tell, oldest first. */
  readonly #underWay: (string | undefined)[] = [];

  /** How many are under way. */
  get count(): number {
    return this.#underWay.length;
  }

  /** The next one tells this, in place of what it was to tell before. */
  tell(text: string): string {
    return (this.#next = text);
  }

  /** One is made. @returns what it tells */
  ask(): string | undefined {
    const told = this.#next;
    this.#next = undefined;
    this.#underWay.push(told);
    return told;
  }

  /** The oldest is answered. */
  answered(): void {
    this.#underWay.shift();
  }

  /** The oldest failed: what it told is still to be told. */
  failed(): void {
    const told = this.#underWay.shift();
    this.#next ??= told;
  }

  /** No answer counts any more: what was told last is still to be told. */
  drop(): void {
    this.#next ??= this.#underWay.findLast((told) => told !== undefined);
    this.#underWay.length = 0;
  }

  /** Another moment is played: what was to be told belongs to the one before. */
  forget(): void {
    this.#next = undefined;
  }
}
