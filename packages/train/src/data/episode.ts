import {
  policyNames,
  scheduleEvents,
  type Caption,
  type PolicyName,
  type ToldEvent,
  type World,
} from '@snowglobe/worlds';

export interface EpisodeOptions {
  /** Number of the clip: each is of a level of its own. */
  readonly clip: number;
  readonly frames: number;
  readonly seed: number;
  readonly policy: PolicyName | 'mixed';
  readonly look?: string | undefined;
  /** How many events to expect that the game is told, of games that can be told any. Default 0. */
  readonly events?: number;
}

/** What a frame shows, in words; the first number is the frame. */
export type View = readonly [frame: number, things: Caption['things'], sentence: string];

/** A simulated world, played once. */
export interface Episode {
  /** Who plays and which level: `explore-050036`. */
  readonly name: string;
  readonly player: PolicyName;
  readonly level: number;
  /** What is held from each frame to the next: one less than there are frames. */
  readonly actions: readonly number[];
  /** The true state at each frame. */
  readonly states: readonly number[][];
  /** What the game was told, and at which frame: it shows in the next one. */
  readonly events: readonly ToldEvent[];
  /** Captions of every eighth frame. */
  readonly views: readonly View[];
  /** (height, width, 3) bytes each, valid until the next one is asked for. */
  pictures(): Generator<Uint8Array>;
}

/** Seeds of levels and of players are this far apart from clip to clip, so that recordings share none by accident. */
const SEED_STRIDE = 10_007;
/** Frames from one caption to the next. */
const VIEW_STRIDE = 8;

/** One episode of a simulated world. The same options give the same one. */
export function playEpisode<State>(
  world: World<State>,
  { clip, frames, seed, policy, look, events: count = 0 }: EpisodeOptions,
): Episode {
  const name = policy === 'mixed' ? policyNames[clip % policyNames.length]! : policy;
  const level = seed * SEED_STRIDE + clip;
  const player = world.player(name, level);
  const states = [world.create(look === undefined ? { seed: level } : { seed: level, look })];
  const actions: number[] = [];
  const events = scheduleEvents(world, { frames, count, seed: level });
  const told = new Map(events);
  while (states.length < frames) {
    const state = states.at(-1)!;
    const action = player(state);
    actions.push(action);
    const sentence = told.get(states.length - 1);
    const changed = sentence === undefined ? state : world.tell!(state, sentence);
    states.push(world.step(changed, action));
  }
  function* pictures(): Generator<Uint8Array> {
    const picture = new Uint8Array(world.width * world.height * 3);
    for (const state of states) yield world.render(state, picture);
  }
  return {
    name: `${name}-${String(level).padStart(6, '0')}`,
    ...{ player: name, level, actions, events, pictures },
    states: states.map((state) => world.measure(state)),
    views: states.flatMap((state, frame): View[] => {
      if (frame % VIEW_STRIDE !== 0) return [];
      const { things, sentence } = world.describe(state);
      return [[frame, things, sentence]];
    }),
  };
}
