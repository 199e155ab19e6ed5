/**
 * Trials of the rules where the past is true: at frames of recordings where the conditions of an effect hold its action is done, and
 * where no effect of an action can come, that action is done as well. What one frame then shows must be what the rules say.
 */
import type { Recordings } from '@snowglobe/model';
import { spread } from '@snowglobe/model/internal';
import type { CellReader } from '../legend/read_cells.js';
import type { Legend } from '../legend/legend.js';
import { cameExactly, conditionsHold, isVisible } from '../rules/effects.js';
import type { GameState } from '../rules/game_state.js';
import { gameState } from '../rules/game_state.js';
import type { Effect, Rules } from '../rules/rules.js';
import type { OneStep, Trial } from '../walks/one_step.js';
import { hadEffect } from './laws.js';
import type { ReadFrame } from './laws.js';
import type { Share } from '../tally.js';
import { Tally } from '../tally.js';

/** Trials of an effect. */
export interface EffectTrials {
  readonly name: string;
  /** Where the recorded player did it, and it came: it came in the dream. */
  readonly recorded: Share;
  /** Where it could have been done: it came in the dream. */
  readonly scripted: Share;
}

/** Trials of the game’s effects, each after a true past. */
export interface TrialScores {
  readonly effects: readonly EffectTrials[];
  /** By action: where none of its effects can come, one came. */
  readonly illegal: readonly (Share & { readonly action: string })[];
}

/** Most trials of an effect where it was recorded, where it is scripted, and of an action in vain. */
export interface TrialCounts {
  readonly recorded: number;
  readonly scripted: number;
  readonly illegal: number;
}

const usualTrials: TrialCounts = { recorded: 64, scripted: 16, illegal: 16 };

interface Planned extends Trial {
  readonly kind: 'recorded' | 'scripted' | 'illegal';
  readonly effect?: Effect;
  readonly before: GameState;
  readonly action: string;
}

export async function runTrials(
  data: Recordings,
  recorded: readonly (readonly ReadFrame[])[],
  oneStep: OneStep,
  {
    legend,
    rules,
    read,
    counts = usualTrials,
  }: {
    readonly legend: Legend;
    readonly rules: Rules;
    readonly read: CellReader;
    readonly counts?: TrialCounts;
  },
): Promise<TrialScores> {
  const planned = planTrials(data, recorded, legend, rules, counts);
  const effects = new Map(
    rules.effects
      .filter(({ chance }) => !chance)
      .map(({ name }) => [name, { name, recorded: new Tally(), scripted: new Tally() }]),
  );
  const illegal = new Map<string, Tally>();
  await oneStep.run(planned, (i, frame) => {
    const { kind, effect, before, action } = planned[i]!;
    const after = gameState(read(frame).codes, legend, rules);
    if (kind === 'illegal') {
      const tally = illegal.get(action) ?? new Tally();
      tally.add(hadEffect(rules, action, before, after));
      illegal.set(action, tally);
    } else {
      effects.get(effect!.name)![kind].add(cameExactly(effect!, before, after, rules));
    }
  });
  return {
    effects: [...effects.values()].map(({ name, ...tallies }) => ({
      name,
      recorded: tallies.recorded.toJSON(),
      scripted: tallies.scripted.toJSON(),
    })),
    illegal: [...illegal].map(([action, tally]) => ({ action, ...tally.toJSON() })),
  };
}

function planTrials(
  data: Recordings,
  recorded: readonly (readonly ReadFrame[])[],
  legend: Legend,
  rules: Rules,
  counts: TrialCounts,
): Planned[] {
  const candidates = new Map<string, Planned[]>();
  const propose = (key: string, trial: Planned): void =>
    void candidates.set(key, [...(candidates.get(key) ?? []), trial]);
  const actions = [...new Set(rules.effects.map(({ action }) => action))];
  recorded.forEach((frames, clip) => {
    // The last frame has no next one to go on to.
    frames.slice(0, data.clips[clip]!.frames - 1).forEach(({ codes, action: done }, frame) => {
      const before = gameState(codes, legend, rules);
      if (before.helpless) return;
      const after = gameState(frames[frame + 1]!.codes, legend, rules);
      for (const effect of rules.effects) {
        if (effect.chance || conditionsHold(effect, before) !== true || !isVisible(effect, before, rules))
          continue;
        const trial = { clip, frame, action: effect.action, before, effect };
        if (done === effect.action && cameExactly(effect, before, after, rules)) {
          propose(`recorded ${effect.name}`, { ...trial, kind: 'recorded' });
        } else if (done !== effect.action) {
          propose(`scripted ${effect.name}`, { ...trial, kind: 'scripted' });
        }
      }
      for (const action of actions) {
        const own = rules.effects.filter((effect) => effect.action === action);
        if (own.some((effect) => conditionsHold(effect, before) !== false)) continue;
        propose(`illegal ${action}`, { clip, frame, action, before, kind: 'illegal' });
      }
    });
  });
  return [...candidates.values()].flatMap((trials) => spread(trials, counts[trials[0]!.kind]));
}
