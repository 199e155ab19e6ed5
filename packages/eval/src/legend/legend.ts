/**
 * A legend: what each picture that a cell of a game can show is called, so that a frame, dreamed or recorded, can be read as cells.
 *
 * Names say more than one thing. `THING on GROUND` is a thing that stands on some ground, `THING-VARIANT` one that has several
 * pictures (`player-left`), `ITEM N` how many of an item there are, and `…, LOOK` the same cell when the whole view looks different.
 */
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';

const count = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(4096));

const schema = v.object({
  /** Pixels of a cell, which is square. */
  cell: count(1),
  /** Cells of a frame. */
  rows: count(1),
  columns: count(1),
  /** The first rows show the world, those below what the player has. */
  viewRows: count(1),
  /** The cell that shows the player. */
  player: v.object({ row: count(0), column: count(0) }),
  /** The same pictures at another scale, as one: so many in a row, in the order of `names`. */
  large: v.optional(
    v.object({ file: v.pipe(v.string(), v.minLength(1)), cell: count(1), columns: count(1) }),
  ),
  /** RGB bytes of each picture in base64, row by row, by its name. */
  names: v.record(v.pipe(v.string(), v.minLength(1), v.maxLength(100)), v.pipe(v.string(), v.base64())),
});

/** What a cell shows. */
export type CellMeaning =
  | { readonly kind: 'count'; readonly item: string; readonly count: number }
  | {
      readonly kind: 'place';
      readonly thing?: string;
      readonly variant?: string;
      readonly ground: string;
      readonly look: string;
    };

/** A legend that was checked, with its pictures decoded. */
export interface Legend {
  readonly cell: number;
  readonly rows: number;
  readonly columns: number;
  readonly viewRows: number;
  readonly player: { readonly row: number; readonly column: number };
  /** The same pictures at another scale: a file beside the legend, `cell` pixels each, `columns` in a row. */
  readonly large?: { readonly file: string; readonly cell: number; readonly columns: number } | undefined;
  /** By code: the number of a picture. */
  readonly names: readonly string[];
  readonly meanings: readonly CellMeaning[];
  /** By code: (cell, cell, 3) RGB bytes. */
  readonly pictures: readonly Uint8Array[];
}

/** The look of a view that nothing is said of. */
const usualLook = '';

/**
 * Checks a legend.
 * @param source where it is from, for messages
 * @throws SnowglobeError naming the field that is wrong
 */
export function parseLegend(json: unknown, source: string): Legend {
  const result = v.safeParse(schema, json);
  if (!result.success) {
    throw new SnowglobeError(`${source}: ${describeIssue(result.issues[0])}; mend the legend.`);
  }
  const { names, ...grid } = result.output;
  const { cell, rows, columns, viewRows, player } = grid;
  if (viewRows > rows || player.row >= viewRows || player.column >= columns) {
    throw new SnowglobeError(
      `${source}: a view of ${viewRows} rows with the player at row ${player.row}, column ${player.column} does not fit ` +
        `${rows} rows of ${columns} cells; mend the legend.`,
    );
  }
  const listed = Object.entries(names);
  if (listed.length === 0) throw new SnowglobeError(`${source}: names no picture; add some to the legend.`);
  const pictures = listed.map(([name, text]) => {
    const picture = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (picture.length !== cell * cell * 3) {
      throw new SnowglobeError(
        `${source}: '${name}' has ${picture.length} bytes, and a cell of ${cell}x${cell} has ${cell * cell * 3}; mend the legend.`,
      );
    }
    return picture;
  });
  const known = listed.map(([name]) => name);
  return { ...grid, names: known, meanings: known.map(meaningOf), pictures };
}

function meaningOf(name: string): CellMeaning {
  const counted = /^(.*\S) (\d+)$/.exec(name);
  if (counted) return { kind: 'count', item: counted[1]!, count: Number(counted[2]) };
  const comma = name.lastIndexOf(', ');
  const [shown, look] = comma < 0 ? [name, usualLook] : [name.slice(0, comma), name.slice(comma + 2)];
  const on = shown.indexOf(' on ');
  if (on < 0) return { kind: 'place', ground: shown, look };
  const full = shown.slice(0, on);
  const hyphen = full.indexOf('-');
  return {
    kind: 'place',
    thing: hyphen < 0 ? full : full.slice(0, hyphen),
    ...(hyphen >= 0 && { variant: full.slice(hyphen + 1) }),
    ground: shown.slice(on + 4),
    look,
  };
}
