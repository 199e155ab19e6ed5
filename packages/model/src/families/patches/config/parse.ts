import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import { framesPerSecond } from '../../../family/fps.js';
import { mostEvents, wordsOfEvent } from '../../../text/events.js';
import { longestText, longestWord, mostClauses, mostWords, usualClauses } from '../../../text/vocabulary.js';
import { adjacencySchema, mostAdjacent, unpackPairs } from './adjacency.js';
import type { PatchesConfig } from './config.js';
import { cellCount, frameCells } from './config.js';
import { readoutsSchema } from './readouts.js';

const integer = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

/** Patches of a codebook at most. */
export const mostPatches = 4096;
/** Cells of a map at most, a number each in every session. */
const mostPlaces = 2 ** 18;
const mostMotions = 64;
/** Kinds of things that move at most. */
export const mostKinds = 16;

const rect = v.strictObject({
  top: integer(0, 1023),
  left: integer(0, 1023),
  rows: integer(0, 1024),
  columns: integer(0, 1024),
});

const patch = integer(0, mostPatches - 1);
const side = integer(-1, 1);
/** Names of codes: see `eventNames`. */
const codeName = v.pipe(
  v.string(),
  v.regex(
    /^(motion \d+|turn( \d+)?|faced (\d+>\d+|free|blocked)|effect( \d+)?|rest( \d+( free| blocked)?)?)$/,
  ),
);
const latentActions = v.strictObject({
  cell: v.optional(integer(0, 4095)),
  looks: v.pipe(
    v.array(v.strictObject({ facing: v.strictTuple([side, side]), patches: v.array(patch) })),
    v.maxLength(4),
  ),
  free: v.array(patch),
  effects: v.array(v.array(v.strictTuple([patch, patch]))),
  codes: v.pipe(
    v.array(codeName),
    v.minLength(1),
    v.maxLength(256),
    v.check((names) => new Set(names).size === names.length, 'must differ'),
  ),
});

const vocabulary = v.pipe(
  v.array(v.pipe(v.string(), v.regex(/^[\p{L}\p{N}]+$/u), v.maxLength(longestWord))),
  v.minLength(1),
  v.maxLength(mostWords),
  v.check((words) => new Set(words).size === words.length, 'must differ'),
);
const sentence = v.pipe(v.string(), v.regex(/^\P{C}+$/u), v.maxLength(longestText));
const events = v.pipe(
  v.strictObject({
    sentences: v.pipe(
      v.array(sentence),
      v.minLength(1),
      v.maxLength(mostEvents),
      v.check((all) => new Set(all).size === all.length, 'must differ'),
    ),
    vocabulary,
    width: integer(1, 4096),
  }),
  v.check((each) => {
    const known = new Set(each.vocabulary);
    return each.sentences.every((text) => wordsOfEvent(text).some((word) => known.has(word)));
  }, 'each of its sentences must have a word of its vocabulary'),
);

/** What worlds of both kinds of memory say, before and after what is their own. */
const frame = {
  width: integer(1, 1024),
  height: integer(1, 1024),
  fps: framesPerSecond,
  grid: v.strictObject({ size: integer(1, 64), top: integer(0, 63), left: integer(0, 63) }),
  codebook: integer(1, mostPatches),
  view: rect,
};
const network = {
  dynamics: v.pipe(
    v.strictObject({ width: integer(2, 4096), layers: integer(1, 64), heads: integer(1, 64) }),
    v.check(({ width, heads }) => width % heads === 0, 'its width must be a multiple of its heads'),
  ),
  motionWidth: integer(1, 4096),
  refinementSteps: integer(1, 64),
  words: v.optional(
    v.strictObject({
      vocabulary,
      clauses: v.optional(integer(usualClauses, mostClauses)),
      width: integer(1, 4096),
    }),
  ),
  events: v.optional(events),
  readouts: v.optional(readoutsSchema(patch)),
  adjacency: v.optional(adjacencySchema),
};

type Cells = Pick<PatchesConfig, 'grid' | 'height' | 'view' | 'width'>;
const gridFits = ({ grid: { size, top, left } }: Cells): boolean => top < size && left < size;
const gridMessage = 'grid.top and grid.left must be less than grid.size';
const cellsFit = (config: Cells): boolean => cellCount(config) >= 1 && cellCount(config) <= 4096;
const cellsMessage = 'the grid must have 1 to 4096 cells';
function viewFits(config: Cells): boolean {
  const { rows, columns } = frameCells(config);
  const { view } = config;
  return view.top + view.rows <= rows && view.left + view.columns <= columns;
}
const viewMessage = 'view must lie within the cells of a frame';
const readoutsFit = (config: Cells & Pick<PatchesConfig, 'codebook' | 'readouts'>): boolean =>
  (config.readouts?.numbers ?? []).every(
    ({ cell, values }) => cell < cellCount(config) && values.every(([each]) => each < config.codebook),
  );
const adjacencyFits = ({ adjacency, codebook }: Pick<PatchesConfig, 'adjacency' | 'codebook'>): boolean =>
  !adjacency ||
  (codebook <= mostAdjacent &&
    [adjacency.right, adjacency.below].every((pairs) => unpackPairs(pairs, codebook) !== undefined));
const adjacencyMessage = `adjacency must be two sets of pairs of the codebook's patches, at most ${mostAdjacent} of them`;
const readoutsMessage = 'readouts must be of cells of a frame and patches of the codebook';

const mapSchema = v.pipe(
  v.strictObject({
    ...frame,
    motions: v.pipe(
      v.array(v.strictTuple([integer(-16, 16), integer(-16, 16)])),
      v.minLength(1),
      v.maxLength(mostMotions),
      v.check(([first]) => first![0] === 0 && first![1] === 0, 'must begin with no motion, [0, 0]'),
    ),
    map: v.strictObject({ rows: integer(0, 4096), columns: integer(0, 4096) }),
    sight: v.optional(
      v.pipe(
        v.array(integer(0, 4095)),
        v.minLength(1),
        v.check((sight) => new Set(sight).size === sight.length, 'must differ'),
      ),
    ),
    movers: v.optional(
      v.pipe(
        v.array(v.pipe(v.array(patch), v.minLength(1))),
        v.minLength(1),
        v.maxLength(mostKinds),
        v.check((kinds) => new Set(kinds.flat()).size === kinds.flat().length, 'must name each patch once'),
      ),
    ),
    lasting: v.optional(
      v.pipe(
        v.array(integer(0, mostKinds - 1)),
        v.minLength(1),
        v.check((lasting) => new Set(lasting).size === lasting.length, 'must differ'),
      ),
    ),
    actions: integer(1, 256),
    latentActions: v.optional(latentActions),
    ...network,
  }),
  v.check((config) => gridFits(config), gridMessage),
  v.check((config) => cellsFit(config), cellsMessage),
  v.check(
    ({ actions, latentActions: latent }) => !latent || latent.codes.length === actions,
    'actions must be as many as latentActions.codes',
  ),
  v.check(({ view, latentActions: latent, ...frame }) => {
    if (latent?.cell === undefined) return !latent || latent.looks.length === 0;
    const { columns } = frameCells(frame);
    const [row, column] = [Math.floor(latent.cell / columns) - view.top, (latent.cell % columns) - view.left];
    const isWithin = (down: number, right: number): boolean =>
      row + down >= 0 && row + down < view.rows && column + right >= 0 && column + right < view.columns;
    return isWithin(0, 0) && latent.looks.every(({ facing: [down, right] }) => isWithin(down, right));
  }, 'latentActions.cell and the cells that it faces must lie within view'),
  v.check((config) => viewFits(config), viewMessage),
  v.check(
    ({ view, map }) => map.rows >= view.rows && map.columns >= view.columns,
    'map must be as large as view',
  ),
  v.check((config) => readoutsFit(config), readoutsMessage),
  v.check((config) => adjacencyFits(config), adjacencyMessage),
  v.check(
    ({ sight = [], ...config }) => sight.every((cell) => cell < cellCount(config)),
    'sight must be cells of a frame',
  ),
  v.check(
    ({ movers = [], codebook }) => movers.flat().every((code) => code < codebook),
    'movers must be patches of the codebook',
  ),
  v.check(
    ({ movers = [], lasting = [] }) => lasting.every((kind) => kind < movers.length),
    'lasting must be indices of movers',
  ),
  v.check(({ map }) => map.rows * map.columns <= mostPlaces, `map may have ${mostPlaces} cells`),
);

const poseSchema = v.pipe(
  v.strictObject({
    ...frame,
    poses: v.strictObject({
      motions: v.pipe(
        v.array(v.strictTuple([integer(-4, 4), integer(-4, 4), integer(0, 3)])),
        v.minLength(1),
        v.maxLength(mostMotions),
        v.check(([first]) => first!.every((part) => part === 0), 'must begin with no motion, [0, 0, 0]'),
      ),
      leadsElsewhere: v.boolean(),
      sight: v.pipe(v.array(integer(0, 8)), v.minLength(1), v.maxLength(16)),
      reach: integer(1, 64),
      frames: integer(1, 4096),
      recalled: integer(0, 16),
    }),
    actions: integer(1, 256),
    ...network,
  }),
  v.check((config) => gridFits(config), gridMessage),
  v.check((config) => cellsFit(config), cellsMessage),
  v.check((config) => viewFits(config), viewMessage),
  v.check((config) => readoutsFit(config), readoutsMessage),
  v.check((config) => adjacencyFits(config), adjacencyMessage),
  v.check(({ view }) => view.rows > 0 && view.columns > 0, 'view must have cells'),
);

/**
 * Checks the config of a world file; unknown fields are refused.
 * @throws SnowglobeError naming the field
 */
export function parsePatchesConfig(value: unknown): PatchesConfig {
  const isPose = typeof value === 'object' && value !== null && 'poses' in value;
  const result = v.safeParse(isPose ? poseSchema : mapSchema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new SnowglobeError(
    `world: ${describeIssue(result.issues[0], 'config')}; use a file that snowglobe train wrote, or correct the field.`,
  );
}
