import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import { pixelsPerDelta } from '../codes/delta.js';
import type { DeltaWorldConfig } from './config.js';
import { deltaPositions } from './config.js';
import { framesPerSecond } from '../../../family/fps.js';
import type { ReplenishmentConfig } from './replenishment.js';
import { recollectedNumbers } from './replenishment.js';

/** An integer within limits that keep every tensor of a world far below what a device holds. */
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1e6));

/** Of pixels, which lie in −1 … 1. */
const difference = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(2));

const side = v.pipe(
  whole(pixelsPerDelta, 1024),
  v.check((pixels) => pixels % pixelsPerDelta === 0, `must be a multiple of ${pixelsPerDelta}`),
);
const range = v.strictObject({ y: whole(0, 64), x: whole(0, 64) });
const channels = v.strictTuple([whole(1, 4096), whole(1, 4096), whole(1, 4096)]);
const codes = {
  channels,
  headWidth: whole(1, 1024),
  levels: v.pipe(
    v.array(whole(2, 64)),
    v.minLength(1),
    v.maxLength(8),
    v.check((levels) => levels.reduce((a, b) => a * b, 1) <= 65_536, 'has more than 65,536 values a code'),
  ),
  books: whole(1, 16),
};
const coder = v.pipe(
  v.strictObject(codes),
  v.check(
    ({ channels: [, , eighth], headWidth }) => eighth % headWidth === 0,
    'its headWidth must divide its last number of channels',
  ),
);

/** Numbers of a tensor, such as a ring of keys: 128 MiB, what a binding may have on every device. */
const mostNumbers = 2 ** 25;

const schema = v.pipe(
  v.strictObject({
    width: side,
    height: side,
    fps: framesPerSecond,
    tokenizer: coder,
    latentActions: v.optional(
      v.strictObject({
        range,
        border: range,
        sharpness: positive,
        focus: whole(1, 256),
        lookahead: whole(0, 16),
        hidden: whole(1, 4096),
        codes: whole(1, 256),
      }),
    ),
    motion: v.strictObject({ range, width: whole(1, 4096), actions: whole(1, 256) }),
    delta: coder,
    dynamics: v.pipe(
      v.strictObject({
        width: whole(2, 4096),
        layers: whole(1, 64),
        heads: whole(1, 64),
        memory: whole(1, 8192),
        lookback: v.optional(
          v.strictObject({ frames: whole(1, 256), recent: whole(0, 255), window: whole(2, 1024) }),
        ),
      }),
      v.check(
        ({ width, heads }) => width % (2 * heads) === 0,
        'its width must be a multiple of twice its heads',
      ),
      v.check(
        ({ memory, lookback }) => lookback !== undefined || memory <= 256,
        'a memory of more than 256 frames needs a sparse memory (lookback)',
      ),
      v.check(
        ({ memory, lookback }) =>
          !lookback || (lookback.frames <= memory && lookback.recent < lookback.frames),
        'its sparse memory (lookback) must see more frames than the recent ones, and no more than the memory has',
      ),
    ),
    refinementSteps: whole(1, 64),
    replenishment: v.optional(
      v.strictObject({
        window: whole(0, 16),
        tolerance: difference,
        contrast: difference,
        margin: whole(0, 16),
        settling: whole(1, 1024),
        recollection: v.optional(difference),
      }),
    ),
  }),
  v.check(
    ({ motion, latentActions }) => !latentActions || motion.actions === latentActions.codes,
    'motion.actions must be latentActions.codes',
  ),
  v.check(
    ({ motion, latentActions: latent }) =>
      !latent || (latent.range.y === motion.range.y && latent.range.x === motion.range.x),
    'latentActions.range must be motion.range',
  ),
  v.check(
    ({ width, height, motion: { range: most } }) => 2 * most.y < height && 2 * most.x < width,
    'motion.range must be less than half the frame',
  ),
  v.check(
    (config) => config.dynamics.memory * deltaPositions(config) * config.dynamics.width <= mostNumbers,
    `dynamics.memory is too long for frames of this size: a ring may hold ${mostNumbers} numbers`,
  ),
  v.check(
    (config) => config.replenishment?.recollection === undefined || recollectedNumbers(config) <= mostNumbers,
    `replenishment.recollection takes more than ${mostNumbers} numbers for frames of this size; leave it out`,
  ),
);

/**
 * Checks the config of a world file; unknown fields are refused.
 * @throws SnowglobeError naming the field
 */
export function parseDeltaConfig(value: unknown): DeltaWorldConfig {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    throw new SnowglobeError(
      `world: ${describeIssue(result.issues[0], 'config')}; use a file that snowglobe train wrote, or correct the field.`,
    );
  }
  const { latentActions, dynamics, replenishment, ...rest } = result.output;
  const { lookback, ...steady } = dynamics;
  return {
    ...rest,
    dynamics: lookback ? { ...steady, lookback } : steady,
    ...(latentActions && { latentActions }),
    ...(replenishment && { replenishment: replenished(replenishment) }),
  };
}

/** Without a field that is absent. */
function replenished({
  recollection,
  ...rest
}: Omit<ReplenishmentConfig, 'recollection'> & { recollection?: number | undefined }): ReplenishmentConfig {
  return { ...rest, ...(recollection !== undefined && { recollection }) };
}
