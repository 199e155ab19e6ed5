import { SnowglobeError } from '@snowglobe/graph';
import type { Label, Recordings, RecordingSession, WorldModel } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import { mean } from '../statistics.js';
import type { CourseOptions } from './courses.js';
import { rollOutAlong } from './courses.js';
import { openPrefill } from './prefill.js';

/** Where rollouts start, and how they are sampled. */
export interface RolloutOptions extends Omit<CourseOptions, 'randomLength' | 'onFrame'> {
  /** Frames sampled from each prompt; default 10. */
  readonly length?: number;
  /** A rollout starts at every `stride`-th frame of each clip that has enough frames after it; default 16. */
  readonly stride?: number;
  /**
   * Frames of the recording that a world watches before each rollout, from its prompt on; default none. Starts are then so
   * far from the beginnings of clips.
   */
  readonly prefill?: number;
}

/** Mean PSNR in dB of each frame of the rollouts, the first being one frame after the prompt. */
export interface RolloutScores {
  readonly starts: number;
  /** With the actions of the recording. */
  readonly followed: readonly number[];
  /** With random actions. */
  readonly random: readonly number[];
  /** Repeating the prompt. */
  readonly copied: readonly number[];
}

/**
 * From one prompt frame each, how close rollouts stay to what was recorded (GenieRedux, Kazemi et al. 2024). Rollouts along
 * frames whose action nobody knows are left out.
 * @throws SnowglobeError where no recording is long enough, or none has all the actions of a rollout
 */
export async function evaluateRollouts(
  data: Recordings,
  session: RecordingSession,
  model: WorldModel,
  { length = 10, stride = 16, prefill = 0, ...sampling }: RolloutOptions,
): Promise<RolloutScores> {
  const places = data.clips.flatMap(({ frames }, clip) =>
    Array.from({ length: Math.max(0, Math.ceil((frames - length - prefill) / stride)) }, (_, i) => ({
      clip,
      frame: prefill + i * stride,
    })),
  );
  if (places.length === 0) {
    throw new SnowglobeError(
      `eval: no recording has the ${prefill + length + 1} frames that a rollout of ${length} after ${prefill} takes; prefill fewer or give longer recordings.`,
    );
  }
  const actions = await session.actions();
  const starts = places.flatMap(({ clip, frame }) => {
    const known = knownActions(actions[clip]!, frame, length);
    return known ? [{ clip, frame, actions: known }] : [];
  });
  if (starts.length === 0) {
    throw new SnowglobeError(
      `eval: none of ${places.length} rollouts of ${length} frames has an action in the key log for every frame; give recordings whose logs have no gaps.`,
    );
  }
  const opened = prefill > 0 ? await openPrefill(data, session, model, sampling) : undefined;
  try {
    const scores = await rollOutAlong(
      {
        count: starts.length,
        length,
        at: (index) => {
          const { clip, frame, actions: done } = starts[index]!;
          return { frames: pixelsOf(data.frames(clip, frame, length + 1)), actions: done };
        },
        ...(opened && {
          begin: async (indices) => {
            await opened.run(
              indices.map((index) => starts[index]!),
              prefill,
            );
            return prefill;
          },
        }),
      },
      model,
      sampling,
    );
    const means = (rows: readonly (readonly number[])[]): number[] =>
      Array.from({ length }, (_, t) => mean(rows.map((row) => row[t]!)));
    return {
      starts: starts.length,
      followed: means(scores.followed),
      random: means(scores.random),
      copied: means(scores.copied),
    };
  } finally {
    await opened?.close();
  }
}

/** The actions of some successive frames; `undefined` where one of them is unknown. */
export function knownActions(
  actions: ArrayLike<Label>,
  start: number,
  count: number,
): readonly number[] | undefined {
  const some = Array.from({ length: count }, (_, t) => actions[start + t]);
  return some.every((action) => action !== undefined) ? some : undefined;
}
