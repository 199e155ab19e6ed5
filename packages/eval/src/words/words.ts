/** Whether first frames show what sentences ask for. */
import type { Executor, Program, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type {
  Figure,
  FirstFrames,
  RecordedCaption,
  Recordings,
  TileReader,
  WorldModel,
} from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { pixelsOf, readText } from '@snowglobe/model/internal';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { figuresOf } from '../figures.js';
import type { CaptionReader } from './caption_reader.js';
import { captionReader } from './caption_reader.js';
import type { Asked, ReadFrame } from './reading.js';

export interface WordsOptions {
  readonly executor: Executor;
  /** Holds the world's weights. */
  readonly store: VariableStore;
  /** Whose art frames are drawn in. */
  readonly world: Parameters<FirstFrames['draw']>[3];
  readonly seed: number;
  /** Sentences of recordings that are drawn; default 200. */
  readonly sentences?: number | undefined;
  /** Frames that each is drawn as, the best of which counts; default 8, as sessions do. */
  readonly candidates?: number | undefined;
  /** Phrases of the captions, and what the world is told in their place: whether it understands other words. */
  readonly rephrase?: Readonly<Record<string, string>> | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** How often a thing is in first frames whose sentence asks for it, and in the game's own. */
export interface ThingShown {
  readonly thing: string;
  readonly asked: number;
  /** Shares of `asked`. */
  readonly there: number;
  readonly right: number;
  readonly game: { readonly there: number; readonly right: number };
}

/** First frames, held against what was asked for. */
export interface WordsEvaluation {
  readonly sentences: number;
  /** What is asked for most first. */
  readonly things: readonly ThingShown[];
  readonly figures: readonly Figure[];
}

interface Sentence {
  readonly text: string;
  readonly asked: readonly Asked[];
  /** The codes of the frame that it was said of. */
  readonly own: Int32Array;
}

/**
 * Draws frames from sentences of recordings that the world never saw.
 * @throws SnowglobeError where the world knows no words, its frames are not made of tiles, or captions do not list things
 */
export async function evaluateWords(
  data: Recordings,
  model: WorldModel,
  {
    executor,
    store,
    world,
    seed,
    sentences: most = 200,
    candidates = 8,
    rephrase = {},
    onRemark,
  }: WordsOptions,
): Promise<WordsEvaluation> {
  const { firstFrames, tiles } = model;
  if (!firstFrames || !tiles) {
    throw new SnowglobeError('eval: this world knows no words; measure one that has learned from captions.');
  }
  const captions = (await data.captions?.()) ?? [];
  if (!captions.some((clip) => clip.some(({ things }) => things && Object.keys(things).length > 0))) {
    throw new SnowglobeError(
      'eval: no caption of these recordings lists the things in view, by which frames could be held against words; give recordings with `views` in their key logs.',
    );
  }
  onRemark?.('reading captions');
  const tileReader = tiles.reader(world);
  const frames = readFrames(data, captions, codesReader(model, tileReader));
  const reader = captionReader(frames, tiles);
  const sentences = sentencesOf(frames, reader, seed).slice(0, most);
  const programs = new Map<string, Program>();
  for (const [name, graph] of Object.entries(firstFrames.graphs(candidates))) {
    programs.set(name, await executor.compile(graph, { store }));
  }
  const tally = { best: new Tally(), any: new Tally(), game: new Tally(), other: new Tally() };
  const seconds: number[] = [];
  const codesOf = codesReader(model, tileReader);
  try {
    for (const [n, { text, asked, own }] of sentences.entries()) {
      if (n % 20 === 0) onRemark?.(`sentence ${n} of ${sentences.length}`);
      const started = performance.now();
      const drawn = await firstFrames.draw(
        readText(rephrased(text, rephrase), firstFrames),
        { seed: seed + n, candidates },
        async (name, inputs) => programs.get(name)!.run(inputs),
        world,
      );
      seconds.push((performance.now() - started) / 1000);
      drawn.forEach(({ frame }, i) => {
        const codes = codesOf(frame);
        if (i === 0) {
          tally.best.add(reader, codes, asked);
          tally.other.add(reader, codes, sentences[(n + 1) % sentences.length]!.asked);
        }
        tally.any.add(reader, codes, asked);
      });
      tally.game.add(reader, own, asked);
    }
  } finally {
    for (const program of programs.values()) await program.close();
  }
  const share = (name: string, title: string, value: (of: Tally) => number): Figure => ({
    ...{ name, title, value: value(tally.best), game: value(tally.game), unit: 'share' },
    of: tally.best.asked,
  });
  const middle = seconds.slice(1).sort((a, b) => a - b)[Math.floor((seconds.length - 1) / 2)] ?? seconds[0]!;
  return {
    sentences: sentences.length,
    things: tally.best.things(tally.game),
    figures: figuresOf(
      share('asked', 'things asked for that are in the frame', ({ there, asked }) => there / asked),
      share('right', 'in the number and direction asked for', ({ right, asked }) => right / asked),
      {
        ...share('whole', 'sentences all of which is right', ({ whole, frames: all }) => whole / all),
        of: sentences.length,
      },
      {
        ...{ name: 'stray', title: 'cells that show what belongs elsewhere, a frame', unit: 'cells' },
        ...{ value: tally.best.stray / tally.best.frames, game: tally.game.stray / tally.game.frames },
      },
      {
        ...{ name: 'rightAny', title: `right without choosing among ${candidates}`, unit: 'share' },
        value: tally.any.right / tally.any.asked,
      },
      {
        ...{ name: 'rightOther', title: 'right by the next sentence', unit: 'share' },
        value: tally.other.right / tally.other.asked,
      },
      { name: 'seconds', title: 'a first frame, in seconds', value: middle, unit: '' },
    ),
  };
}

/** A sentence with other phrases in place of its own, the longest first; none is looked for in what took the place of another. */
export function rephrased(text: string, phrases: Readonly<Record<string, string>>): string {
  const listed = Object.keys(phrases).sort((a, b) => b.length - a.length);
  if (listed.length === 0) return text;
  const escaped = listed.map((phrase) => phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.replace(new RegExp(`\\b(${escaped.join('|')})\\b`, 'g'), (phrase) => phrases[phrase]!);
}

/** How often frames show what is asked for. */
class Tally {
  whole = 0;
  stray = 0;
  frames = 0;
  readonly #byThing = new Map<string, { asked: number; there: number; right: number }>();

  add(reader: CaptionReader, codes: Int32Array, asked: readonly Asked[]): void {
    const shown = asked.map((each) => reader.shows(codes, each));
    this.whole += shown.every(({ right }) => right) ? 1 : 0;
    this.stray += reader.stray(codes);
    this.frames++;
    asked.forEach(({ thing }, i) => {
      const of = this.#byThing.get(thing) ?? { asked: 0, there: 0, right: 0 };
      this.#byThing.set(thing, {
        asked: of.asked + 1,
        there: of.there + Number(shown[i]!.there),
        right: of.right + Number(shown[i]!.right),
      });
    });
  }

  get asked(): number {
    return this.#sum('asked');
  }
  get there(): number {
    return this.#sum('there');
  }
  get right(): number {
    return this.#sum('right');
  }

  #sum(of: 'asked' | 'there' | 'right'): number {
    return [...this.#byThing.values()].reduce((sum, each) => sum + each[of], 0);
  }

  /** @param game of which the same was asked */
  things(game: Tally): ThingShown[] {
    const shares = (of: Tally, thing: string) => {
      const { asked, there, right } = of.#byThing.get(thing)!;
      return { there: there / asked, right: right / asked };
    };
    return [...this.#byThing]
      .sort(([, a], [, b]) => b.asked - a.asked)
      .map(([thing, { asked }]) => ({
        ...{ thing, asked },
        ...shares(this, thing),
        game: shares(game, thing),
      }));
  }
}

/** Reads frames (H, W, 3) in −1 … 1 as codes, as a session would that began with them. */
function codesReader(model: WorldModel, reader: TileReader): (frame: Float32Array) => Int32Array {
  const { variables } = model.frameGraph();
  return (frame) =>
    reader.codesOf(model.initialState(variables, frame) as Parameters<TileReader['codesOf']>[0]);
}

function readFrames(
  data: Recordings,
  captions: readonly (readonly RecordedCaption[])[],
  codesOf: (frame: Float32Array) => Int32Array,
): ReadFrame[] {
  return captions.flatMap((clip, n) =>
    clip.map((caption) => ({ clip: n, caption, codes: codesOf(pixelsOf(data.frames(n, caption.frame, 1))) })),
  );
}

/** Different sentences that ask for something, in an order left to chance. */
function sentencesOf(frames: readonly ReadFrame[], reader: CaptionReader, seed: number): Sentence[] {
  const all = new Map<string, Sentence>();
  for (const { codes, caption } of frames) {
    const text = caption.sentence ?? '';
    const asked = reader.asked(text);
    if (asked.length > 0) all.set(text, { text, asked, own: codes });
  }
  const sentences = [...all.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
  const random = generatorFor(seed, 'sentences');
  for (let i = sentences.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [sentences[i], sentences[j]] = [sentences[j]!, sentences[i]!];
  }
  return sentences;
}
