/** What players would have seen if nothing had happened. */
import { openWorld } from '@snowglobe/runtime';
import type { Player, Shown } from './player.js';
import { actionAt, fingerprint, prompt } from './player.js';

/** A player's first frame that is not the one that its session shows alone. */
export interface Wrong {
  readonly seed: number;
  readonly shown: Shown;
  /** The frame that it shows alone. */
  readonly expected: string;
}

/** Plays sessions again, with the same actions and in the same world, to which nothing happens. */
export async function compareWithAlone(world: string, players: readonly Player[]): Promise<Wrong[]> {
  const opened = await openWorld(world, { executor: 'onnx', threads: 1 });
  const firstWrong = async ({ seed, actions, shown }: Player): Promise<Wrong[]> => {
    const alone = await opened.start({ prompt, seed, temperature: 1 });
    for (const [at, each] of shown.entries()) {
      const expected = fingerprint(await alone.step(actionAt(actions, at, seed), { codes: true }));
      if (each.frame !== expected) return [{ seed, shown: each, expected }];
    }
    return [];
  };
  try {
    return (await Promise.all(players.map(firstWrong))).flat();
  } finally {
    await opened.close();
  }
}
