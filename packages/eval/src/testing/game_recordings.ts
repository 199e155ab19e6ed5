import type { Label, Recordings } from '@snowglobe/model';
import { policyNames } from '@snowglobe/worlds';
import type { World } from '@snowglobe/worlds';

/** Recordings of a simulated game, as recorders make them: clips are named by their levels. */
export function gameRecordings(game: World<unknown>, clips: number, frames: number, seed = 100): Recordings {
  const { width, height, actionNames } = game;
  const size = width * height * 3;
  const played = Array.from({ length: clips }, (_, clip) => {
    const policy = policyNames[clip % policyNames.length]!;
    const player = game.player(policy, seed + clip);
    let state = game.create({ seed: seed + clip });
    const [shown, actions] = [[game.render(state)], [] as number[]];
    while (shown.length < frames) {
      actions.push(player(state));
      state = game.step(state, actions.at(-1)!);
      shown.push(game.render(state));
    }
    return { name: `${policy}-${seed + clip}`, shown, actions };
  });
  const data: Recordings = {
    ...{ width, height, actionNames, totalFrames: clips * frames },
    clips: played.map(({ name }) => ({ name, frames, hasActions: true })),
    frames(clip, start, count) {
      const all = new Uint8Array(count * size);
      played[clip]!.shown.slice(start, start + count).forEach((frame, i) => all.set(frame, i * size));
      return all;
    },
    actions: (clip, start, count): Label[] =>
      Array.from({ length: count }, (_, t) => played[clip]!.actions[start + t]),
    subset: () => data,
    sampleWindows: () => {
      throw new Error('not asked for here');
    },
  };
  return data;
}
