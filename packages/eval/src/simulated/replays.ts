/** Recordings of simulated games, played again from their seeds, so that the game can be asked what else would have come. */
import type { Recordings } from '@snowglobe/model';
import { simulators } from '@snowglobe/worlds';
import type { Physics, World } from '@snowglobe/worlds';

/** A simulated game whose frames can be read. */
export interface ReadableGame extends World<unknown> {
  readonly physics: Physics<unknown>;
}

/** Recordings with the game that made them. */
export interface Replays {
  readonly game: ReadableGame;
  /** Of each clip, the true states from its first frame on; none of clips that are not this game's. */
  readonly states: readonly (readonly unknown[])[];
}

/** Frames of a clip between those that are compared with what is played again. */
const compared = 10;

/**
 * Plays recordings again. A clip ends where it shows something else, as where the game was told an event.
 * @returns undefined where no clip is of a simulated game whose frames can be read
 */
export function replaysOf(data: Recordings): Replays | undefined {
  for (const game of simulators.values()) {
    if (!isReadable(game) || game.width !== data.width || game.height !== data.height) continue;
    if (!data.actionNames.every((name) => game.actionNames.includes(name))) continue;
    const states = data.clips.map((_, clip) => replay(data, clip, game));
    if (states.some(({ length }) => length > 0)) return { game, states };
  }
  return undefined;
}

/** Whether the game was played again to the end of every clip. */
export const areWhole = (data: Recordings, { states }: Replays): boolean =>
  states.every(({ length }, clip) => length === data.clips[clip]!.frames);

const isReadable = (game: World<unknown>): game is ReadableGame => game.physics !== undefined;

function replay(data: Recordings, clip: number, game: World<unknown>): unknown[] {
  const { name, frames, hasActions } = data.clips[clip]!;
  // Recorders end names with the seed of the level.
  const seed = Number(/(\d+)$/.exec(name)?.[1] ?? NaN);
  if (!hasActions || !Number.isSafeInteger(seed)) return [];
  const isSame = (state: unknown, frame: number): boolean => {
    const [is, was] = [game.render(state), data.frames(clip, frame, 1)];
    return is.every((byte, i) => byte === was[i]);
  };
  const first: unknown = [undefined, ...game.looks]
    .map((look) => game.create(look === undefined ? { seed } : { seed, look }))
    .find((state) => isSame(state, 0));
  if (first === undefined) return [];
  const states: unknown[] = [first];
  const labels = data.actions(clip, 0, frames);
  while (states.length < frames) {
    const label = labels[states.length - 1];
    const action = label === undefined ? -1 : game.actionNames.indexOf(data.actionNames[label]!);
    if (action < 0) break;
    states.push(game.step(states.at(-1), action));
    const frame = states.length - 1;
    const isChecked = frame % compared === 0 || states.length === frames;
    if (isChecked && !isSame(states.at(-1), frame))
      return states.slice(0, frame - (frame % compared || compared) + 1);
  }
  return states;
}
