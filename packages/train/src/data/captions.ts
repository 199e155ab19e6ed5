import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { parseEditedJson } from '@snowglobe/media/internal';
import type { RecordedCaption, RecordedEvent } from '@snowglobe/model';
import { longestText } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { readIfThere } from './key_log.js';

/** `[frame, { thing: [count, direction] }, sentence]`, as recorders write them down. */
const viewSchema = v.tuple([
  v.pipe(v.number(), v.integer(), v.minValue(0)),
  v.record(v.string(), v.tuple([v.pipe(v.number(), v.integer(), v.minValue(0)), v.string()])),
  v.string(),
]);
/** `[frame, sentence]`: what the game was told at a frame. */
const eventsSchema = v.array(
  v.tuple([
    v.pipe(v.number(), v.integer(), v.minValue(0)),
    v.pipe(v.string(), v.minLength(1), v.maxLength(longestText)),
  ]),
);
/** What is read of `NAME.json` beside the keys. */
const captionsSchema = v.object({
  views: v.optional(v.array(viewSchema)),
  events: v.optional(v.unknown()),
  actions: v.optional(v.array(v.unknown())),
  caption: v.optional(v.pipe(v.string(), v.maxLength(longestText))),
});

/** What the frames of a recording show and what its game was told, in words. */
export interface CaptionLog {
  readonly views: readonly RecordedCaption[];
  /** What the game was told. */
  readonly events: readonly RecordedEvent[];
  /** Of the whole recording. */
  readonly texts: readonly string[];
  /** Frames of the recording as it was made, where its key log tells. */
  readonly frames?: number | undefined;
}

/**
 * Reads captions and events: `views`, `events` and `caption` of `NAME.json`, and the lines of `NAME.txt`, which hold for all of the recording.
 * @param path of the key log
 * @throws SnowglobeError for what is damaged
 */
export async function readCaptions(path: string): Promise<CaptionLog> {
  const textPath = path.replace(/\.json$/, '.txt');
  const [json, text] = await Promise.all([readIfThere(path), readIfThere(textPath)]);
  const lines = text ? new TextDecoder().decode(text).split(/\r?\n/) : [];
  const texts = lines.map((line) => line.trim()).filter((line) => line !== '');
  const long = texts.find((line) => line.length > longestText);
  if (long !== undefined) {
    throw new SnowglobeError(
      `${textPath} has a line of ${long.length} characters, and a caption may have ${longestText}; write one caption a line`,
    );
  }
  if (!json) return { views: [], events: [], texts };
  const result = v.safeParse(captionsSchema, parseEditedJson(json, path, 'mend or remove it'));
  if (!result.success)
    throw new SnowglobeError(`${path}: ${describeIssue(result.issues[0])}; mend or remove it`);
  const { views = [], caption, actions } = result.output;
  // Recorders that call something else by this name are understood by other readers.
  const events = v.safeParse(eventsSchema, result.output.events);
  return {
    views: views.map(([frame, things, sentence]) => ({ frame, things, sentence })),
    events: events.success ? events.output.map(([frame, sentence]) => ({ frame, sentence })) : [],
    texts: caption === undefined ? texts : [caption, ...texts],
    frames: actions?.length,
  };
}

/** Frames from one to the next of which a text of the whole recording is taken to tell. */
const textStride = 8;

/**
 * Captions of the frames that were kept of a recording. Where it was brought to another rate, a caption is of the kept frame that is nearest in
 * time.
 * @param kept frames
 */
export function captionsOfFrames({ views, texts, frames }: CaptionLog, kept: number): RecordedCaption[] {
  const isWhole = areKept(frames, kept);
  const placed = views.map((view) => ({
    ...view,
    frame: isWhole ? view.frame : Math.round((view.frame * (kept - 1)) / Math.max(1, frames! - 1)),
  }));
  const spread = Array.from({ length: Math.ceil(kept / textStride) }, (_, i) => i * textStride);
  return [
    ...placed.filter(({ frame }) => frame < kept),
    ...texts.flatMap((sentence) => spread.map((frame) => ({ frame, sentence }))),
  ];
}

/**
 * Events by the frames that were kept of a recording: an event is of the kept frame before which, or at which, it was told.
 * @param kept frames
 */
export function eventsOfFrames({ events, frames }: CaptionLog, kept: number): RecordedEvent[] {
  const isWhole = areKept(frames, kept);
  return events.flatMap(({ frame, sentence }) => {
    const at = isWhole ? frame : Math.floor((frame * (kept - 1)) / Math.max(1, frames! - 1));
    return at + 1 < kept ? [{ frame: at, sentence }] : [];
  });
}

/** Whether all frames of a recording were kept; the last frame's action may have been left out. */
const areKept = (frames: number | undefined, kept: number): boolean =>
  frames === undefined || Math.abs(frames - kept) <= 1;
