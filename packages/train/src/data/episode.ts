import { createPolicy, policyNames, type PolicyName, type World } from '@snowglobe/worlds';

export interface EpisodeOptions {
  /** Number of the clip: each is of a level of its own. */
  readonly clip: number;
  readonly frames: number;
  readonly seed: number;
  readonly policy: PolicyName | 'mixed';
  readonly look?: string | undefined;
}

/** A simulated world, played once. */
export interface Episode {
  /** Who plays and which level: `explore-050036`. */
  readonly name: string;
  readonly player: PolicyName;
  readonly level: number;
  /** What is held from each frame to the next: one less than there are frames. */
  readonly actions: readonly number[];
  /** The true state at each frame; fills while `pictures` is gone through. */
  readonly states: readonly number[][];
  /** (height, width, 3) bytes each, valid until the next one is asked for. */
  pictures(): Generator<Uint8Array>;
}

/** Seeds of levels and of players are this far apart from clip to clip, so that recordings share none by accident. */
const SEED_STRIDE = 10_007;

/** One episode of a simulated world. The same options give the same one. */
export function playEpisode<State>(
  world: World<State>,
  { clip, frames, seed, policy, look }: EpisodeOptions,
): Episode {
  const player = policy === 'mixed' ? policyNames[clip % policyNames.length]! : policy;
  const level = seed * SEED_STRIDE + clip;
  const actions = Array.from({ length: frames - 1 }, createPolicy(player, world.actionNames, level));
  const states: number[][] = [];
  function* pictures(): Generator<Uint8Array> {
    let state = world.create(look === undefined ? { seed: level } : { seed: level, look });
    const picture = new Uint8Array(world.width * world.height * 3);
    for (let frame = 0; frame < frames; frame++) {
      yield world.render(state, picture);
      states.push(world.measure(state));
      if (frame < frames - 1) state = world.step(state, actions[frame]!);
    }
  }
  return { name: `${player}-${String(level).padStart(6, '0')}`, player, level, actions, states, pictures };
}
