import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import { framesPerSecond } from '../../../family/fps.js';
import type { PatchesConfig } from './config.js';
import { cellCount, frameCells } from './config.js';

const integer = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

/** Patches of a codebook at most. */
export const mostPatches = 4096;
/** Cells of a map at most, a number each in every session. */
const mostPlaces = 2 ** 18;
const mostMotions = 64;

const rect = v.strictObject({
  top: integer(0, 1023),
  left: integer(0, 1023),
  rows: integer(0, 1024),
  columns: integer(0, 1024),
});

const schema = v.pipe(
  v.strictObject({
    width: integer(1, 1024),
    height: integer(1, 1024),
    fps: framesPerSecond,
    grid: v.strictObject({ size: integer(1, 64), top: integer(0, 63), left: integer(0, 63) }),
    codebook: integer(1, mostPatches),
    view: rect,
    motions: v.pipe(
      v.array(v.strictTuple([integer(-16, 16), integer(-16, 16)])),
      v.minLength(1),
      v.maxLength(mostMotions),
      v.check(([first]) => first![0] === 0 && first![1] === 0, 'must begin with no motion, [0, 0]'),
    ),
    map: v.strictObject({ rows: integer(0, 4096), columns: integer(0, 4096) }),
    actions: integer(1, 256),
    dynamics: v.pipe(
      v.strictObject({ width: integer(2, 4096), layers: integer(1, 64), heads: integer(1, 64) }),
      v.check(({ width, heads }) => width % heads === 0, 'its width must be a multiple of its heads'),
    ),
    motionWidth: integer(1, 4096),
    refinementSteps: integer(1, 64),
  }),
  v.check(
    ({ grid: { size, top, left } }) => top < size && left < size,
    'grid.top and grid.left must be less than grid.size',
  ),
  v.check(
    (config) => cellCount(config) >= 1 && cellCount(config) <= 4096,
    'the grid must have 1 to 4096 cells',
  ),
  v.check((config) => {
    const { rows, columns } = frameCells(config);
    const { view } = config;
    return view.top + view.rows <= rows && view.left + view.columns <= columns;
  }, 'view must lie within the cells of a frame'),
  v.check(
    ({ view, map }) => map.rows >= view.rows && map.columns >= view.columns,
    'map must be as large as view',
  ),
  v.check(({ map }) => map.rows * map.columns <= mostPlaces, `map may have ${mostPlaces} cells`),
);

/**
 * Checks the config of a world file; unknown fields are refused.
 * @throws SnowglobeError naming the field
 */
export function parsePatchesConfig(value: unknown): PatchesConfig {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new SnowglobeError(
    `world: ${describeIssue(result.issues[0], 'config')}; use a file that snowglobe train wrote, or correct the field.`,
  );
}
