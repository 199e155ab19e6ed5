import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { RecordedCaption } from '../../../recordings.js';
import { shuffled } from '../../../random.js';
import type { Clause } from '../../../text/clauses.js';
import { clausesOf } from '../../../text/clauses.js';
import { mostCounted } from '../../../text/vocabulary.js';

/** Share of things that are said with a number, and of those with a direction that are said with it. */
const counted = 0.3;
const directed = 0.65;
/** Clauses of things that a caption is made of at most. */
const mostThings = 4;
/** Share of captions that are made of a frame's things, where it has both; the others are of its sentence. */
const ofThings = 0.5;

/** A frame, and what may be said of it. */
export interface CaptionedFrame {
  readonly clip: number;
  readonly frame: number;
  readonly sentence: readonly Clause[];
  readonly things: readonly Thing[];
}

interface Thing {
  readonly name: Clause;
  readonly count: number;
  readonly direction: Clause;
}

/** Frames of which something is said. */
export function captionedFrames(captions: readonly (readonly RecordedCaption[])[]): CaptionedFrame[] {
  return captions.flatMap((clip, number) =>
    clip.flatMap(({ frame, sentence = '', things = {} }): CaptionedFrame[] => {
      const known = Object.entries(things).map(([name, [count, direction]]) => ({
        ...{ name: clausesOf(name).flat(), count, direction: clausesOf(direction).flat() },
      }));
      const said = clausesOf(sentence);
      if (said.length === 0 && known.length === 0) return [];
      return [{ clip: number, frame, sentence: said, things: known }];
    }),
  );
}

/**
 * Clauses that hold of a frame, as somebody might say them: some of its sentence, or some of its things, in any order, with or without their
 * numbers and directions.
 */
export function captionFor(
  { sentence, things }: CaptionedFrame,
  random: JumpableRandomGenerator,
): readonly Clause[] {
  const isOfThings = sentence.length === 0 || (things.length > 0 && uniformFloat64(random) < ofThings);
  const all = isOfThings ? things.map((thing) => clauseOf(thing, random)) : sentence;
  const some = shuffled(all, random);
  const whole = !isOfThings && uniformFloat64(random) < 0.5;
  const count = whole ? some.length : uniformInt(random, 1, Math.min(mostThings, some.length));
  return some.slice(0, count);
}

/** Clauses that hold of a frame, of its sentence and its things, in any order: so many of them at most. */
export function someClauses(
  { sentence, things }: CaptionedFrame,
  count: number,
  random: JumpableRandomGenerator,
): readonly Clause[] {
  return shuffled([...sentence, ...things.map((thing) => clauseOf(thing, random))], random).slice(0, count);
}

function clauseOf({ name, count, direction }: Thing, random: JumpableRandomGenerator): Clause {
  const number = count <= mostCounted && uniformFloat64(random) < counted ? [`${count}`] : [];
  return [...number, ...name, ...(uniformFloat64(random) < directed ? direction : [])];
}

/** How often frames are drawn, cumulatively: more often those of which something rare is said. */
export function captionOdds(frames: readonly CaptionedFrame[]): Float64Array {
  const counts = new Map<string, number>();
  const wordsOf = ({ sentence, things }: CaptionedFrame): Set<string> =>
    new Set([...sentence.flat(), ...things.flatMap(({ name }) => name)]);
  for (const frame of frames) {
    for (const word of wordsOf(frame)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  let total = 0;
  return Float64Array.from(frames, (frame) => {
    const rarest = Math.min(...[...wordsOf(frame)].map((word) => counts.get(word)!));
    total += 1 / Math.sqrt(Math.max(rarest, frames.length / 400));
    return total;
  });
}
