import * as v from 'valibot';

const cellIndex = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1023));
const code = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** How goals are written down. */
export const goalSchema = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(60)),
  cells: v.pipe(v.array(v.object({ row: cellIndex, column: cellIndex })), v.minLength(1), v.maxLength(4096)),
  codes: v.pipe(v.array(code), v.minLength(1), v.maxLength(4096)),
});

/** What a file beside a world says of it: `crafter.about.json` of `crafter.safetensors`. */
export const aboutSchema = v.object({
  /** What it is, in one line. */
  about: v.optional(v.pipe(v.string(), v.maxLength(200))),
  /** Where it stands among the worlds of a page, the lowest first; default 50. Its variants follow it. */
  order: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
  /** The simulated game that it was learned of, by its name in `@snowglobe/worlds`: a page can show it beside the world. */
  simulator: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(60))),
  /** What can be reached in it, the easiest first. */
  goals: v.optional(v.pipe(v.array(goalSchema), v.maxLength(64)), []),
});

/** Something to reach in a world of tiles: one of these cells shows one of these tiles. */
export type Goal = v.InferOutput<typeof goalSchema>;
export type WorldAbout = v.InferOutput<typeof aboutSchema>;

/**
 * Whether a goal is reached in a frame.
 * @param codes of the frame, (rows, columns)
 * @param columns of its cells
 */
export function isReached({ cells, codes: wanted }: Goal, codes: Int32Array, columns: number): boolean {
  return cells.some(({ row, column }) => wanted.includes(codes[row * columns + column] ?? -1));
}
