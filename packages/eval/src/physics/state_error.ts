/**
 * How the state that frames show goes away from that of the recording, along the same actions: of every item, the mean absolute
 * difference over its standard deviation in the recordings, and how many cells the walk has gone astray.
 */
import type { Legend } from '../legend/legend.js';
import { countOf, gameState } from '../rules/game_state.js';
import type { Rules } from '../rules/rules.js';
import { viewShift } from '../rules/view_shift.js';
import { mean } from '../statistics.js';
import type { ReadFrame } from './laws.js';

/** Frames after the prompt. */
const horizons = [1, 4, 16, 64] as const;

/** How far dreamed states are from the recorded ones at one frame after the prompt. */
export interface StateError {
  readonly frame: number;
  /** Mean over items and walks, in standard deviations. */
  readonly items: number;
  /** The same when nothing ever changes. */
  readonly unchanged: number;
  /** Cells between where the dreamed and the recorded player are, by the shift of their views. */
  readonly place: number;
  readonly walks: number;
}

/** @param walks each a dreamed sequence, of which the first game counts, and the recorded one, from the same prompt on */
export function stateErrors(
  walks: readonly { readonly dreamed: readonly ReadFrame[]; readonly recorded: readonly ReadFrame[] }[],
  legend: Legend,
  rules: Rules,
): StateError[] {
  const items = [...new Set(legend.meanings.flatMap((each) => (each.kind === 'count' ? [each.item] : [])))];
  const counts = (frames: readonly ReadFrame[]) => frames.map(({ codes }) => gameState(codes, legend, rules));
  const firstGame = (frames: readonly ReadFrame[]): readonly ReadFrame[] => {
    const end = frames.findIndex(({ isAnew }) => isAnew);
    return end < 0 ? frames : frames.slice(0, end);
  };
  const all = walks.map(({ dreamed, recorded }) => ({
    dreamed: counts(firstGame(dreamed)),
    recorded: counts(recorded),
  }));
  const spreads = items.map((item) => {
    const values = all.flatMap(({ recorded }) => recorded.map((state) => countOf(state, item)));
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  });
  const placed = all.map(({ dreamed, recorded }) => ({
    dreamed: paths(dreamed, rules),
    recorded: paths(recorded, rules),
  }));
  return horizons.flatMap((frame) => {
    const errors: number[] = [];
    const unchanged: number[] = [];
    const places: number[] = [];
    all.forEach(({ dreamed, recorded }, w) => {
      const [is, was, truth] = [dreamed[frame], recorded[0], recorded[frame]];
      if (!is || !was || !truth) return;
      items.forEach((item, i) => {
        if (spreads[i] === 0) return;
        errors.push(Math.abs(countOf(is, item) - countOf(truth, item)) / spreads[i]!);
        unchanged.push(Math.abs(countOf(was, item) - countOf(truth, item)) / spreads[i]!);
      });
      const [a, b] = [placed[w]!.dreamed[frame]!, placed[w]!.recorded[frame]!];
      places.push(Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]));
    });
    if (places.length === 0) return [];
    const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : mean(values));
    return [
      {
        frame,
        items: meanOf(errors),
        unchanged: meanOf(unchanged),
        place: mean(places),
        walks: places.length,
      },
    ];
  });
}

/** Where the player is at each frame, from the first: what the view's shift does not tell is standing still. */
function paths(states: readonly ReturnType<typeof gameState>[], rules: Rules): (readonly [number, number])[] {
  let at: readonly [number, number] = [0, 0];
  return states.map((state, t) => {
    const before = states[t - 1];
    if (!before) return at;
    const { by, sure } = viewShift(before, state, rules);
    if (sure) at = [at[0] + by[0], at[1] + by[1]];
    return at;
  });
}
