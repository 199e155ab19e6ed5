/** The dream of a simulated game against the game itself. */
import type { Frame, PromptImage, Replay } from '@snowglobe/runtime/browser';
import { meaningOf } from '@snowglobe/runtime/internal/core';
import { TrueWalk, differingCells, simulators } from '@snowglobe/worlds';

/** Frames that can be wound back to: as many as the element keeps. */
const keptFrames = 2000;
/** Levels that a picture may be the beginning of, from 0. */
const triedLevels = 32;

/** What a comparison needs to know of the world. */
export interface Dream {
  readonly width: number;
  readonly height: number;
  readonly actions: readonly string[];
}

/** A dreamed frame beside the true one. */
export interface Compared {
  readonly index: number;
  /** (height, width, 3) bytes. */
  readonly truth: Uint8Array;
  /** Whether each cell differs, row by row. */
  readonly differing: readonly boolean[];
}

/** A session that begins with a level of a game, and the level beside it. */
export class Comparison {
  readonly level: number;
  readonly width: number;
  readonly height: number;
  readonly #walk: TrueWalk;
  readonly #dream: Dream;
  readonly #shares: number[] = [];
  /** Frames after which the dream began anew. */
  readonly #ends = new Set<number>();

  /** @throws Error in one sentence for a game that there is not, and one that is not what the world dreams of */
  constructor(simulator: string, level: number, dream: Dream) {
    const game = simulators.get(simulator);
    if (!game) {
      const known = [...simulators.keys()].join(', ');
      throw new Error(`There is no game '${simulator}' to show beside this world; there are ${known}.`);
    }
    if (game.width !== dream.width || game.height !== dream.height) {
      throw new Error(
        `${simulator} draws ${game.width}x${game.height}, and this world ${dream.width}x${dream.height}: it is not a world of that game.`,
      );
    }
    this.level = level;
    ({ width: this.width, height: this.height } = game);
    this.#walk = new TrueWalk(game, level, keptFrames);
    this.#dream = dream;
  }

  /** The first frame of the level. */
  get prompt(): PromptImage {
    return {
      width: this.width,
      height: this.height,
      data: this.#walk.game.render(this.#walk.game.create({ seed: this.level })),
    };
  }

  /** Side of the cells that are compared, in pixels. */
  get cell(): number {
    return this.#walk.cell;
  }

  /** The share of cells that differ, by frame from 0 on. */
  get shares(): readonly number[] {
    return this.#shares;
  }

  /** Whether a session that begins with a picture begins with this level. */
  beginsWith(prompt: PromptImage): boolean {
    return prompt.width === this.width && prompt.height === this.height && isSame(prompt, this.prompt);
  }

  /**
   * Goes where the dream is.
   * @param frame its newest, in the world's own art
   * @param replay what led to it
   * @throws Error in one sentence where the game cannot follow
   */
  follow(frame: Pick<Frame, 'index' | 'rgba' | 'ended'>, replay: Pick<Replay, 'actions' | 'told'>): Compared {
    const { index } = frame;
    const walk = this.#walk;
    try {
      if (index < walk.index) walk.windBack(index);
      const told = new Map(replay.told);
      for (let at = walk.index; at < index; at++) {
        const done = replay.actions[at]!;
        const name = typeof done === 'number' ? (this.#dream.actions[done] ?? String(done)) : done;
        const action = meaningOf(name, walk.game.actionNames) ?? name;
        walk.step({ action, told: told.get(at), isAnew: this.#ends.has(at) });
      }
    } catch (error) {
      throw new Error(`${(error as Error).message}.`, { cause: error });
    }
    this.#ends[frame.ended ? 'add' : 'delete'](index);
    const truth = walk.frameAt();
    const differing = differingCells(truth, frame.rgba, this);
    this.#shares.length = index;
    this.#shares[index] = differing.filter(Boolean).length / differing.length;
    return { index, truth, differing };
  }
}

/**
 * The level that a picture is the first frame of.
 * @param likely is tried before the first ones
 * @returns undefined where it is none of them
 */
export async function levelOf(
  simulator: string,
  prompt: PromptImage,
  dream: Dream,
  likely: number,
): Promise<number | undefined> {
  for (const level of [likely, ...Array.from({ length: triedLevels }, (_, i) => i)]) {
    if (new Comparison(simulator, level, dream).beginsWith(prompt)) return level;
    // A level takes some milliseconds: the page goes on meanwhile.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return undefined;
}

function isSame(a: PromptImage, b: PromptImage): boolean {
  const pixels = a.width * a.height;
  const [from, to] = [a.data.length / pixels, b.data.length / pixels];
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < 3; c++) if (a.data[pixel * from + c] !== b.data[pixel * to + c]) return false;
  }
  return true;
}
