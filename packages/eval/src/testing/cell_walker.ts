import type { Recordings } from '@snowglobe/model';
import type { OneStep } from '../walks/one_step.js';
import type { Walker } from '../walks/walker.js';
import type { Faults } from './cell_game.js';
import { cellActions, CellGame } from './cell_game.js';

/**
 * The game as a world: it goes on from a recorded frame by the actions that it is asked for, with the faults that are given.
 * @param lasts frames after which each game is over, and begins anew; default: it never is
 */
export function cellWalker(data: Recordings, faults: Faults = {}, lasts = Infinity): Walker {
  return {
    ...{ width: data.width, height: data.height, batch: 16 },
    async walk({ starts, length, actions }, onFrames) {
      const begin = () =>
        starts.map(({ clip, frame }) => {
          const game = new CellGame(clip);
          for (const action of data.actions(clip, 0, frame)) game.step(cellActions[action ?? 0]!);
          game.faults = faults;
          return game;
        });
      let games = begin();
      for (let t = 0; t < length; t++) {
        const isAnew = t > 0 && t % lasts === 0;
        if (isAnew) games = begin();
        const asked = actions(t);
        await onFrames(
          t,
          games.map((game, b) => {
            const action = asked[b] ?? 0;
            game.step(
              typeof action === 'number' ? cellActions[action]! : (action as (typeof cellActions)[number]),
            );
            return game.frame();
          }),
          games.map(() => isAnew),
        );
      }
    },
    close: () => Promise.resolve(),
  };
}

/** The game after recorded frames, one step further. */
export function cellOneStep(data: Recordings, faults: Faults = {}): OneStep {
  return {
    run(trials, onFrame) {
      trials.forEach(({ clip, frame, action }, i) => {
        const game = new CellGame(clip);
        for (const done of data.actions(clip, 0, frame)) game.step(cellActions[done ?? 0]!);
        game.faults = faults;
        game.step(action as (typeof cellActions)[number]);
        onFrame(i, game.frame());
      });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
