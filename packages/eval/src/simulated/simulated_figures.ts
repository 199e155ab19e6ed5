import type { Figure } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import { together } from '../tally.js';
import type { Against, SimulatedError, SimulatedEvaluation, StateDistance } from './simulated.js';

/** Frames whose errors stand in the table. */
const told = [30, 100];

export function simulatedFigures({
  errors,
  laws,
  impossible,
  lost,
  appeared,
}: SimulatedEvaluation): Figure[] {
  return figuresOf(
    ...errors.filter(({ frame }) => told.includes(frame)).flatMap(errorFigures),
    ...laws.map((law, i) => share(`law${i + 1}`, `frames that break: ${law.name}`, law)),
    share('lost', 'things well in sight that are gone a frame later', lost),
    share('appeared', 'things well in sight that come from nowhere', appeared),
    share('optimism', 'impossible things that come when they are tried', {
      world: together(impossible.map(({ world }) => world)),
      game: together(impossible.map(({ game }) => game)),
    }),
    ...impossible.map((each, i) => share(`impossible${i + 1}`, `of these: ${each.name}`, each)),
  );
}

function share(name: string, title: string, { world, game }: Omit<Against, 'name'>): Figure | undefined {
  if (world.of === 0) return undefined;
  return {
    ...{ name, title, value: world.came / world.of, unit: 'share', of: world.of },
    ...(game.of > 0 && { game: game.came / game.of }),
  };
}

function errorFigures(error: SimulatedError): Figure[] {
  const { frame, walks, world, still, constant, chance, seenPlaces } = error;
  const of = (
    key: keyof StateDistance,
    what: string,
    unit: Figure['unit'],
  ): readonly (Figure | undefined)[] => {
    const better = Math.min(still[key], constant[key]);
    if (better === 0) return [];
    const name = (suffix: string): string => `${key}${suffix}${frame}`;
    return [
      {
        ...{ name: name('Error'), title: `error of ${what} after ${frame} frames`, unit, of: walks },
        ...{ value: world[key], ...(chance && { game: chance[key] }) },
      },
      { name: name('Still'), title: 'the same if nothing moved', value: still[key], unit },
      { name: name('Constant'), title: 'the same at constant velocity', value: constant[key], unit },
      {
        name: name('Ratio'),
        title: `error of ${what} over the better of these, after ${frame} frames (bar: 0.5)`,
        value: world[key] / better,
        unit: '',
        ...(chance && { game: chance[key] / better }),
      },
    ];
  };
  return figuresOf(
    ...of('places', 'places of what moves', 'cells'),
    {
      name: `placesSeen${frame}`,
      title: 'the same of one who knows what becomes of all in sight at the start, and of nothing else',
      ...{ value: seenPlaces, unit: 'cells' },
    },
    ...of('counts', 'counts, in standard deviations,', ''),
  );
}
