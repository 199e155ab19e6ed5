import type { Figure } from '@snowglobe/model';

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
