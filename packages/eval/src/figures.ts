/** One number of a measurement, as terminals, files and pages show it. */
export interface Figure {
  /** In JSON and world files. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly value: number;
  /** The same measured on the recordings themselves: what the game has, or what chance leaves possible. */
  readonly game?: number;
  /** `share` is 0 … 1 and shown in percent; others stand behind the number. */
  readonly unit: 'share' | 'frames' | 'cells' | 'steps' | '';
  /** How many trials, walks or frames it is of, where that says how sure it is. */
  readonly of?: number;
}

/** A number as people read it. */
export function figureText(value: number, unit: Figure['unit']): string {
  if (unit === 'share') return `${(100 * value).toFixed(1)} %`;
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}

/** Figures that have a value. */
export function figuresOf(...figures: readonly (Figure | undefined)[]): Figure[] {
  return figures.filter((figure): figure is Figure => figure !== undefined);
}
