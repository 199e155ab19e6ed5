import type { WorldMeasurements } from '@snowglobe/eval';
import type { Figure } from '@snowglobe/model';
import { figureText } from '@snowglobe/eval';
import { indent, table } from './text.js';

/** A measurement as a table for the terminal: what, of the world, of the game. */
function figureTable(title: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ title: what, value, game, unit, of }) => [
    what + (of === undefined ? '' : ` (${of})`),
    figureText(value, unit),
    game === undefined ? '' : figureText(game, unit),
  ]);
  return `${title}\n${indent(table([['', 'world', 'game'], ...rows]))}`;
}

/** All measurements that were made. */
export function figureTables({ long, physics, memory, words, events }: WorldMeasurements): string[] {
  return [
    ...(long
      ? [figureTable(`played for ${long.frames} frames from ${long.starts} starts`, long.figures)]
      : []),
    ...(physics
      ? [
          figureTable(
            `held against the game, ${physics.frames} frames from ${physics.starts} starts`,
            physics.figures,
          ),
        ]
      : []),
    ...(memory ? [figureTable('walks that come back', memory.figures)] : []),
    ...(words ? [figureTable(`first frames from ${words.sentences} sentences`, words.figures)] : []),
    ...(events ? [figureTable(`told ${events.trials} recorded events`, events.figures)] : []),
  ];
}
