/** The simulated game in the place of a world: what a world that makes no mistake would show. */
import type { Recordings } from '@snowglobe/model';
import type { OneStep } from '../walks/one_step.js';
import type { RecordedActions } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import type { Replays } from './replays.js';

const batch = 16;

/** The number of an action in the game. */
function actionOf(data: Recordings, { game }: Replays, action: WalkedAction): number {
  return game.actionNames.indexOf(typeof action === 'string' ? action : data.actionNames[action]!);
}

/**
 * Goes on from recorded frames as the game does.
 * @param options.chance with other dice than those of the recording, by the seed of each walk
 */
export function simulatorWalker(
  data: Recordings,
  replays: Replays,
  { chance = false }: { readonly chance?: boolean } = {},
): Walker {
  const { game, states } = replays;
  return {
    ...{ width: data.width, height: data.height, batch },
    async walk({ starts, length, seeds, actions }, onFrames) {
      let now = starts.map(({ clip, frame }, b) => {
        const state = states[clip]![frame];
        return chance && game.physics.withChance ? game.physics.withChance(state, seeds[b] ?? 0) : state;
      });
      for (let t = 0; t < length; t++) {
        const asked = actions(t);
        now = now.map((state, b) => game.step(state, actionOf(data, replays, asked[b] ?? 0)));
        await onFrames(
          t,
          now.map((state) => game.render(state)),
        );
      }
    },
    close: () => Promise.resolve(),
  };
}

/** What was done in the recordings, for `simulatorWalker`. */
export const recordedInGame = (data: Recordings): RecordedActions => ({
  actions: data.clips.map(({ frames }, clip) => data.actions(clip, 0, frames)),
  otherwise: 'none',
});

/** One step of the game after recorded frames. */
export function simulatorOneStep(data: Recordings, replays: Replays): OneStep {
  const { game, states } = replays;
  return {
    run(trials, onFrame) {
      trials.forEach(({ clip, frame, action }, i) =>
        onFrame(i, game.render(game.step(states[clip]![frame], actionOf(data, replays, action)))),
      );
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
