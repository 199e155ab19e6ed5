import type { Figure } from '@snowglobe/model';
import type { Laws } from './laws.js';
import type { Share } from '../tally.js';
import { together } from '../tally.js';

type Counted = ReturnType<Laws['toJSON']>;

/** What free running shows, beside the recordings. */
export function lawFigures(dreamed: Counted, game: Counted): Figure[] {
  const share = (name: string, title: string, of: (counted: Counted) => Share): Figure[] => {
    const [is, was] = [of(dreamed), of(game)];
    if (is.of === 0) return [];
    return [
      {
        ...{ name, title, value: is.came / is.of, unit: 'share', of: is.of },
        ...(was.of > 0 && { game: was.came / was.of }),
      },
    ];
  };
  return [
    ...share('effectsFree', 'effects come exactly when their conditions hold, free running', ({ certain }) =>
      together(Object.values(certain)),
    ),
    ...share(
      'illegalFree',
      'actions without their conditions that have an effect, free running',
      (c) => c.illegal,
    ),
    ...share('itemsUnexplained', 'frames in which an item changes for no reason', (c) => c.items),
    ...share('moved', 'keys that move, the way being free: the view moved so', (c) => c.moved),
    ...share('turned', 'keys that move: the player looks there', (c) => c.turned),
    ...(dreamed.latency
      ? [
          {
            ...{ name: 'latency', title: 'frames from a key to the turn that it asks for, mean' },
            ...{ value: dreamed.latency.frames, unit: 'frames' as const, of: dreamed.latency.of },
            ...(game.latency && { game: game.latency.frames }),
          },
        ]
      : []),
    ...share('unanswered', 'keys that were let go before the player turned', (c) => c.unanswered),
    ...share(
      'walkedThrough',
      'steps through what cannot be walked on, or without a key',
      (c) => c.walkedThrough,
    ),
    ...share('groundsChanged', 'cells whose ground changes for no reason', (c) => c.grounds),
    ...share('thingsLost', 'things within the view that are gone a frame later', (c) => c.lost),
    ...share('thingsDoubled', 'things within the view that come from nowhere', (c) => c.doubled),
    ...Object.keys(game.falls).map((item): Figure => ({
      ...{ name: `falls-${item}`, title: `falls of ${item} in 100 frames`, unit: '' },
      value: (100 * (dreamed.falls[item] ?? 0)) / Math.max(1, dreamed.transitions),
      game: (100 * game.falls[item]!) / Math.max(1, game.transitions),
    })),
  ];
}
