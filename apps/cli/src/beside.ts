/** A simulated game beside the dream of it: both from the same frame with the same actions, and where they differ. */
import type { Frame, PromptImage } from '@snowglobe/runtime';
import type { Image } from '@snowglobe/media';
import { TrueWalk, actionIn, differingCells, simulators } from '@snowglobe/worlds';
import { InvalidArgumentError } from 'commander';
import { UsageError } from './command.js';

/** A level of a simulated game. */
export interface SimulatedLevel {
  readonly simulator: string;
  readonly seed: number;
}

/** Reads `driving:7`, for commander. */
export function simulatedLevel(text: string): SimulatedLevel {
  const [simulator, seed = '0', ...rest] = text.split(':');
  if (simulators.has(simulator!) && /^\d{1,9}$/.test(seed) && rest.length === 0) {
    return { simulator: simulator!, seed: Number(seed) };
  }
  const known = [...simulators.keys()].join(', ');
  throw new InvalidArgumentError(`Write SIMULATOR:SEED, as driving:7; simulators are ${known}.`);
}

/** The game as it goes on beside the dream of it. */
export interface Truth {
  readonly prompt: PromptImage;
  /** Frames of RGB so far, the first one included. */
  readonly frames: readonly Uint8Array[];
  readonly cell: number;
  /**
   * Goes on as the dream does.
   * @param action name of an action, or its number in the world
   * @param told what happens on the way
   * @param isAnew whether the game was over in the dream, and begins anew
   */
  step(action: string | number, told?: string, isAnew?: boolean): void;
}

/** What a world dreams. */
export interface Dream {
  readonly width: number;
  readonly height: number;
  /** Of its actions. */
  readonly names: readonly string[];
  /** What another word for an action means among names. */
  meaningOf(word: string, names: readonly string[]): string | undefined;
}

/**
 * Begins a level of the game, whose first frame the dream begins with as well.
 * @param script names of actions, or numbers of the world's
 * @param told what is told in it
 * @param world what the world dreams
 * @throws UsageError where the world's frames have another size, or the game no such action or event
 */
export function beginTruth(
  { simulator, seed }: SimulatedLevel,
  script: readonly (string | number)[],
  told: Iterable<string>,
  world: Dream,
): Truth {
  const game = simulators.get(simulator)!;
  const { width, height } = game;
  if (world.width !== width || world.height !== height) {
    throw new UsageError(
      `--beside: ${simulator} draws ${width}x${height}, and this world ${world.width}x${world.height}; choose a world of that game.`,
    );
  }
  const nameOf = (action: string | number): string => {
    const name = typeof action === 'number' ? (world.names[action] ?? String(action)) : action;
    return world.meaningOf(name, game.actionNames) ?? name;
  };
  const tried = new TrueWalk(game, seed);
  try {
    for (const action of new Set(script.map(nameOf))) actionIn(game, action);
    for (const sentence of told) tried.step({ action: game.actionNames[0]!, told: sentence });
  } catch (error) {
    throw new UsageError(`--beside: ${(error as RangeError).message}.`);
  }
  const walk = new TrueWalk(game, seed);
  const frames = [walk.frameAt()];
  return {
    prompt: { width, height, data: frames[0]! },
    ...{ frames, cell: walk.cell },
    step(action, sentence, isAnew) {
      walk.step({ action: nameOf(action), told: sentence, isAnew });
      frames.push(walk.frameAt());
    },
  };
}

const gap = 4;
const plotHeight = 24;
const colours = {
  ground: [20, 22, 30],
  grid: [60, 64, 78],
  curve: [255, 120, 90],
  mark: [255, 60, 60],
} as const;

/**
 * Pictures of truth | dream | difference, over the share of cells that differ so far: 0 at the bottom, the most of the walk at the top.
 * @param dreamed frames of the walk, the first one included
 */
export function besidePictures(
  truth: Truth,
  dreamed: readonly Pick<Frame, 'rgba'>[],
): { readonly images: Image[]; readonly errors: number[] } {
  const { width, height } = truth.prompt;
  const { cell, frames } = truth;
  const [columns, fullWidth, fullHeight] = [width / cell, 3 * width + 2 * gap, height + gap + plotHeight];
  const differing = dreamed.map(({ rgba }, t) => differingCells(frames[t]!, rgba, { width, height, cell }));
  const errors = differing.map((cells) => cells.filter(Boolean).length / cells.length);
  const most = Math.max(...errors, 1 / differing[0]!.length);
  const images = dreamed.map(({ rgba }, t): Image => {
    const data = new Uint8Array(fullWidth * fullHeight * 3);
    const put = (x: number, y: number, colour: readonly number[]): void =>
      data.set(colour, (y * fullWidth + x) * 3);
    for (let y = 0; y < fullHeight; y++) for (let x = 0; x < fullWidth; x++) put(x, y, colours.ground);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const pixel = y * width + x;
        const dream = [...rgba.subarray(pixel * 4, pixel * 4 + 3)];
        put(x, y, [...frames[t]!.subarray(pixel * 3, pixel * 3 + 3)]);
        put(width + gap + x, y, dream);
        const isOther = differing[t]![Math.floor(y / cell) * columns + Math.floor(x / cell)]!;
        const shown = dream.map((byte, c) => (isOther ? (byte + 2 * colours.mark[c]!) / 3 : byte / 4));
        put(2 * (width + gap) + x, y, shown);
      }
    }
    for (let x = 0; x < fullWidth; x++) {
      put(x, height + gap, colours.grid);
      put(x, fullHeight - 1, colours.grid);
      const at = Math.round((x / (fullWidth - 1)) * (dreamed.length - 1));
      if (at > t) continue;
      const bar = Math.round((errors[at]! / most) * (plotHeight - 2));
      for (let y = 0; y < bar; y++) put(x, fullHeight - 2 - y, colours.curve);
    }
    return { width: fullWidth, height: fullHeight, channels: 3, data };
  });
  return { images, errors };
}
