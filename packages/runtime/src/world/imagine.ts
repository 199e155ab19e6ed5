import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { readText, remarkOn } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { integerOption, readOptions } from '../options.js';
import type { Engine } from './engine.js';
import type { Frame } from './frame.js';
import { frameOf } from './frame.js';

/** How many first frames a text is drawn as, and by which chance. */
export interface ImagineOptions {
  /** Frames that are drawn, 1 to 16; default 8. */
  readonly candidates?: number | undefined;
  /** Decides everything that is left to chance; default 0. */
  readonly seed?: number | undefined;
}

/** First frames that a text was drawn as. */
export interface Imagined {
  /** Those first in which most holds of what the text says. */
  readonly frames: readonly Frame[];
  /** For each frame, how surely each clause of the text is seen in it, 0 … 1. */
  readonly holds: readonly (readonly number[])[];
  /** What the text was read as, clause by clause, in words that the world knows. */
  readonly clauses: readonly string[];
  /** Which words were read as others, and which are not known, in a sentence; absent where all were understood. */
  readonly remark?: string | undefined;
}

export const mostCandidates = 16;
const options = v.object({
  candidates: v.optional(integerOption('candidates', 1, mostCandidates, 'choose how many'), 8),
  seed: v.optional(integerOption('seed', -(2 ** 31), 2 ** 31, 'choose one'), 0),
});

/** What somebody wants to see, as the world reads it. */
export type Wish = ReturnType<typeof readWish>;

/** @throws SnowglobeError where the world knows no words, for bad options, and for a text that says nothing to it */
export function readWish({ model }: Pick<WorldFile, 'model'>, text: unknown, given: ImagineOptions) {
  const { firstFrames } = model;
  if (!firstFrames) {
    throw new SnowglobeError(
      'text: this world knows no words, as it has learned of no captions; give it a picture to start from.',
    );
  }
  return {
    ...readOptions('imagine', options, given),
    read: readText(text, firstFrames),
    firstFrames,
  };
}

/** Draws first frames on an engine. */
export async function imagine(
  engine: Engine,
  file: WorldFile,
  { candidates, seed, read, firstFrames }: Wish,
): Promise<Imagined> {
  const started = performance.now();
  const graphs = firstFrames.graphs(candidates);
  const run: Parameters<typeof firstFrames.draw>[2] = (graph, inputs) =>
    engine.run(`${graph} ${candidates}`, () => graphs[graph]!, inputs);
  const drawn = await firstFrames.draw(read, { candidates, seed }, run, file);
  const ms = performance.now() - started;
  const remark = remarkOn(read);
  return {
    frames: drawn.map(({ frame }) => frameOf(0, frame, file.metadata.config, ms)),
    holds: drawn.map(({ holds }) => holds),
    clauses: read.clauses.map((words) => words.join(' ')),
    ...(remark !== undefined && { remark }),
  };
}
