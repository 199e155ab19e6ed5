import * as v from 'valibot';

/** Frames a second: one in more than a quarter of an hour, or more than any screen shows, is a mistake. */
export const fpsLimits = { least: 0.001, most: 1000 } as const;

/** The rate of a world, of a recording and of whatever plays them, in frames a second. */
export const framesPerSecond = v.pipe(
  v.number(),
  v.minValue(fpsLimits.least, `must be at least ${fpsLimits.least} frames a second`),
  v.maxValue(fpsLimits.most, `must be at most ${fpsLimits.most} frames a second`),
);
