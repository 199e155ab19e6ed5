/** A simulated game beside the dream of it: both from the same frame with the same actions, and where they differ. */
import type { Frame, PromptImage } from '@snowglobe/runtime';
import type { Image } from '@snowglobe/media';
import { simulators } from '@snowglobe/worlds';
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

/** Side of the squares that are compared, in pixels, of games that are not drawn of cells. */
const usualCell = 8;

/** The game as it goes on by the actions of a script. */
export interface TrueWalk {
  readonly prompt: PromptImage;
  /** Frames of RGB, the first one included. */
  readonly frames: readonly Uint8Array[];
  readonly cell: number;
}

/**
 * Plays a script in the game itself.
 * @param script names of actions, or numbers of the world's
 * @param world what the world dreams
 * @throws UsageError where the world's frames have another size, or the game no such action
 */
export function playTruth(
  { simulator, seed }: SimulatedLevel,
  script: readonly (string | number)[],
  world: { readonly names: readonly string[]; readonly width: number; readonly height: number },
): TrueWalk {
  const game = simulators.get(simulator)!;
  const { width, height, actionNames } = game;
  if (world.width !== width || world.height !== height) {
    throw new UsageError(
      `--beside: ${simulator} draws ${width}x${height}, and this world ${world.width}x${world.height}; choose a world of that game.`,
    );
  }
  let state = game.create({ seed });
  const frames = [game.render(state)];
  for (const asked of script) {
    const name = typeof asked === 'number' ? world.names[asked] : asked;
    const action = actionNames.indexOf(name ?? '');
    if (action < 0) {
      throw new UsageError(
        `--beside: ${simulator} has no action '${name ?? asked}'; its actions are ${actionNames.join(', ')}.`,
      );
    }
    state = game.step(state, action);
    frames.push(game.render(state));
  }
  return {
    prompt: { width, height, data: frames[0]! },
    ...{ frames, cell: game.legend?.().cell ?? usualCell },
  };
}

/** Which cells of a dreamed frame are not as they truly are, row by row. */
function differingCells(
  { frames, cell, prompt: { width, height } }: TrueWalk,
  index: number,
  { rgba }: Pick<Frame, 'rgba'>,
): boolean[] {
  const [columns, rows] = [width / cell, height / cell];
  const truth = frames[index]!;
  return Array.from({ length: rows * columns }, (_, at) => {
    const [left, top] = [(at % columns) * cell, Math.floor(at / columns) * cell];
    for (let y = top; y < top + cell; y++) {
      for (let x = left; x < left + cell; x++) {
        const pixel = y * width + x;
        for (let c = 0; c < 3; c++) if (truth[pixel * 3 + c] !== rgba[pixel * 4 + c]) return true;
      }
    }
    return false;
  });
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
  truth: TrueWalk,
  dreamed: readonly Pick<Frame, 'rgba'>[],
): { readonly images: Image[]; readonly errors: number[] } {
  const { width, height } = truth.prompt;
  const { cell } = truth;
  const [columns, fullWidth, fullHeight] = [width / cell, 3 * width + 2 * gap, height + gap + plotHeight];
  const differing = dreamed.map((frame, t) => differingCells(truth, t, frame));
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
        put(x, y, [...truth.frames[t]!.subarray(pixel * 3, pixel * 3 + 3)]);
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
