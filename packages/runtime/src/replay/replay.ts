/** A recorded session as a small JSON text: what is needed to play it again, frame by frame, anywhere. */
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import type { ContentLabel, ContentMark } from '@snowglobe/media';
import { decodeImage, encodePng, imageOf } from '@snowglobe/media';
import { parseEditedJson } from '@snowglobe/media/internal';
import { framesPerSecond, fromBase64, longestText, toBase64 } from '@snowglobe/model/internal';
import * as v from 'valibot';
import type { SessionSampling } from '../world/sampling.js';
import type { PromptImage } from '../world/prompt.js';

export interface Replay extends SessionSampling {
  /** Name or address of the world. */
  readonly world: string;
  /** SHA-256 of the world's file, or its beginning: another version of the world plays another walk. */
  readonly checksum?: string | undefined;
  readonly prompt: PromptImage;
  /** Frames a second at which it was played. */
  readonly fps: number;
  /** What was done, a frame each: names, or numbers. */
  readonly actions: readonly (string | number)[];
  /** What the world was told, and after which frame: `[12, 'night falls']` shows in frame 13. Default: nothing. */
  readonly told?: readonly ToldSentence[] | undefined;
}

/** A sentence that a world was told after a frame. */
export type ToldSentence = readonly [frame: number, sentence: string];

/** An hour at 15 frames a second. */
const maxFrames = 54_000;
/** Characters of a replay: a prompt of a megapixel and an hour of changing keys fit. */
const maxCharacters = 16_000_000;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(maxFrames));
const action = v.union([
  v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
]);
const schema = v.strictObject({
  format: v.literal('snowglobe-replay'),
  /** 1 where nothing was told, so that programs that know no events play it. */
  version: v.picklist([1, 2]),
  world: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  /** A PNG in base64. */
  prompt: v.pipe(v.string(), v.base64()),
  seed: v.pipe(v.number(), v.safeInteger()),
  temperature: v.pipe(v.number(), v.finite()),
  /** `confidenceThreshold`. */
  certainty: v.pipe(v.number(), v.finite()),
  fps: framesPerSecond,
  end: v.optional(v.literal('continue')),
  checksum: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{8,64}$/))),
  /** Labels that the prompt's file had. */
  promptMarks: v.optional(
    v.pipe(
      v.array(v.picklist(['C2PA', 'AIGC', 'DigitalSourceType'] satisfies ContentMark[])),
      v.maxLength(8),
    ),
  ),
  /** For who reads the file: what the frames are that it leads to. */
  label: v.optional(v.unknown()),
  told: v.optional(
    v.pipe(
      v.array(
        v.strictTuple([
          v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(maxFrames)),
          v.pipe(v.string(), v.minLength(1), v.maxLength(longestText)),
        ]),
      ),
      v.maxLength(maxFrames),
    ),
  ),
  /** Runs of the same action. */
  actions: v.pipe(
    v.array(v.strictTuple([action, count])),
    v.check(
      (runs) => runs.reduce((sum, [, n]) => sum + n, 0) <= maxFrames,
      `has more than ${maxFrames} frames`,
    ),
  ),
});

/**
 * @param label what the file says of the frames that it leads to; default nothing
 * @throws SnowglobeError when it is longer than a replay may be
 */
export function encodeReplay({ prompt, actions, ...rest }: Replay, label?: ContentLabel): string {
  if (actions.length > maxFrames) {
    throw new SnowglobeError(`replay: ${actions.length} frames are more than ${maxFrames}; record less.`);
  }
  const runs: [string | number, number][] = [];
  for (const each of actions) {
    const last = runs.at(-1);
    if (last && last[0] === each) last[1]++;
    else runs.push([each, 1]);
  }
  const png = encodePng(imageOf(prompt.data, prompt.width, prompt.height));
  const { world, seed, temperature, confidenceThreshold: certainty, fps, end, checksum, told = [] } = rest;
  return JSON.stringify({
    ...{
      format: 'snowglobe-replay',
      version: told.length > 0 ? 2 : 1,
      world,
      seed,
      temperature,
      certainty,
      fps,
    },
    ...(end && { end }),
    ...(checksum && { checksum: checksum.slice(0, 16) }),
    ...(told.length > 0 && { told }),
    ...(label && { label }),
    ...(prompt.marks && prompt.marks.length > 0 && { promptMarks: prompt.marks }),
    actions: runs,
    prompt: toBase64(png),
  });
}

/**
 * @param content the file, or its text
 * @param source the file in words, for messages
 * @throws SnowglobeError naming what is wrong
 */
export function decodeReplay(content: Uint8Array | string, source: string): Replay {
  if (content.length > maxCharacters) {
    throw new SnowglobeError(
      `${source}: ${content.length} characters are too many for a replay; use another file.`,
    );
  }
  const value = parseEditedJson(content, source, 'use a replay that the page saved.');
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) {
    throw new SnowglobeError(
      `${source}: is no replay: ${describeIssue(parsed.issues[0])}; use a file that the page saved.`,
    );
  }
  const { prompt, promptMarks, actions, told, certainty, end, checksum, world, seed, temperature, fps } =
    parsed.output;
  const png = fromBase64(prompt);
  return {
    ...{ world, seed, temperature, fps },
    ...(end && { end }),
    ...(checksum !== undefined && { checksum }),
    ...(told && { told }),
    confidenceThreshold: certainty,
    prompt: {
      ...decodeImage(png, `the prompt of ${source}`),
      ...(promptMarks && { marks: promptMarks }),
    },
    actions: actions.flatMap(([each, n]) => new Array<string | number>(n).fill(each)),
  };
}
