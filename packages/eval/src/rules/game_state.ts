/** What a frame that was read as cells says of the game. */
import type { CellMeaning, Legend } from '../legend/legend.js';
import type { Rules } from './rules.js';

type PlaceMeaning = Extract<CellMeaning, { readonly kind: 'place' }>;

/** A cell of the view, by column and row from its upper left corner. */
export interface Cell {
  readonly column: number;
  readonly row: number;
}

export interface GameState {
  readonly legend: Legend;
  readonly codes: Uint16Array;
  /** How many there are of an item; those that are not shown are none. */
  readonly counts: ReadonlyMap<string, number>;
  /** Where the player looks: columns and rows; `undefined` where the picture does not tell. */
  readonly facing: readonly [number, number] | undefined;
  /** Whether actions do nothing now. */
  readonly helpless: boolean;
}

export function gameState(codes: Uint16Array, legend: Legend, rules: Rules): GameState {
  const counts = new Map<string, number>();
  for (let place = legend.viewRows * legend.columns; place < codes.length; place++) {
    const meaning = legend.meanings[codes[place]!]!;
    if (meaning.kind === 'count') counts.set(meaning.item, meaning.count);
  }
  const player = meaningAt({ legend, codes }, legend.player);
  const variant = player?.thing === rules.player ? player.variant : undefined;
  const move = Object.values(rules.moves).find(({ faces }) => faces === variant);
  return {
    ...{ legend, codes, counts, facing: variant === undefined ? undefined : move?.by },
    helpless: player !== undefined && rules.helpless.includes(player.look),
  };
}

/** What a cell of the view shows; `undefined` beyond the view, and where it shows what only stands below it. */
export function meaningAt(
  { legend, codes }: Pick<GameState, 'legend' | 'codes'>,
  { column, row }: Cell,
): PlaceMeaning | undefined {
  if (column < 0 || column >= legend.columns || row < 0 || row >= legend.viewRows) return undefined;
  const meaning = legend.meanings[codes[row * legend.columns + column]!]!;
  return meaning.kind === 'place' ? meaning : undefined;
}

/** The cell that the player faces. */
export function facedCell({ legend: { player }, facing }: GameState): Cell | undefined {
  return facing && { column: player.column + facing[0], row: player.row + facing[1] };
}

export const countOf = ({ counts }: GameState, item: string): number => counts.get(item) ?? 0;
