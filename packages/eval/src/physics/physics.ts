/** Whether a world keeps the rules of its game. See `evaluatePhysics`. */
import type { Figure, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import { cellReader } from '../legend/read_cells.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';
import { areWhole, replaysOf } from '../simulated/replays.js';
import type { SimulatedEvaluation } from '../simulated/simulated.js';
import { evaluateSimulated } from '../simulated/simulated.js';
import { simulatorWalker } from '../simulated/simulator_walker.js';
import { simulatedFigures } from '../simulated/simulated_figures.js';
import type { OneStep } from '../walks/one_step.js';
import { spreadStarts } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import type { ReadFrame } from './laws.js';
import { Laws } from './laws.js';
import { lawFigures } from './law_figures.js';
import type { Response } from './response.js';
import { measureResponse } from './response.js';
import type { StateError } from './state_error.js';
import { stateErrors } from './state_error.js';
import { together } from '../tally.js';
import type { TrialCounts, TrialScores } from './trials.js';
import { runTrials } from './trials.js';

export interface PhysicsOptions {
  readonly seed: number;
  /** What the world calls its actions. */
  readonly keys: readonly WalkedAction[];
  readonly idle: WalkedAction;
  /** What the world is asked for where the recorded player did something. */
  readonly actionAt: (clip: number, frame: number) => WalkedAction;
  /** Walks; default 16. */
  readonly starts?: number;
  /** Frames of each; default 300. */
  readonly frames?: number;
  /** Both, or pixels alone are looked at. */
  readonly legend?: Legend | undefined;
  readonly rules?: Rules | undefined;
  /** Opens what shows one frame after a true past; default: no trials. */
  readonly openOneStep?: (() => Promise<OneStep>) | undefined;
  readonly trials?: TrialCounts | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** How a dreamed world answers to keys and keeps to the rules of its game. */
export interface PhysicsEvaluation {
  readonly starts: number;
  readonly frames: number;
  readonly response: Response;
  /** With a legend and rules: free running, the recordings, and trials after a true past. */
  readonly rules?: {
    readonly inexactCells: number;
    readonly dreamed: ReturnType<Laws['toJSON']>;
    readonly game: ReturnType<Laws['toJSON']>;
    readonly errors: readonly StateError[];
    readonly trials?: TrialScores;
  };
  /** Of recordings of a simulated game. */
  readonly simulated?: SimulatedEvaluation;
  readonly figures: readonly Figure[];
}

/**
 * Walks by the actions of recordings, and holds what it sees against the rules.
 *
 * - *Following* and *response*: see `response.ts`; these need no legend.
 * - *Effects*: certain ones that come exactly when their conditions hold, and illegal ones: in free running by the rules on the dreamed
 *   frames, and in trials of one frame after a true past (`trials.ts`).
 * - *Laws*: items that change for no reason, walking through what cannot be walked on, grounds that change, things that are lost or
 *   doubled, needs that fall by themselves; beside each what the recordings show.
 * - *State error*: see `state_error.ts`.
 *
 * Recordings of a simulated game are held against the simulator as well: see `evaluateSimulated`.
 */
export async function evaluatePhysics(
  data: Recordings,
  walker: Walker,
  options: PhysicsOptions,
): Promise<PhysicsEvaluation> {
  const { seed, keys, idle, actionAt, starts: count = 16, frames = 300, legend, rules, onRemark } = options;
  onRemark?.('pressing keys');
  const response = await measureResponse(data, walker, { seed, windows: 2 * count, keys, idle, actionAt });
  const replays = replaysOf(data);
  // Of the game, the same where all of the recordings are its own.
  const gameResponse =
    replays && areWhole(data, replays)
      ? await measureResponse(data, simulatorWalker(data, replays), {
          ...{ seed, windows: 2 * count, keys: replays.game.actionNames, idle: 'none' },
          actionAt: (clip, frame) => data.actionNames[data.actions(clip, frame, 1)[0]!]!,
        })
      : undefined;
  const oneStep = (legend && rules) || replays ? await options.openOneStep?.() : undefined;
  try {
    const ruled =
      legend && rules
        ? await heldAgainst(data, walker, { ...options, oneStep, legend, rules, count, frames })
        : undefined;
    const simulated =
      replays &&
      (await evaluateSimulated(data, walker, {
        ...{ seed, replays, actionAt, oneStep, starts: count, frames, onRemark },
      }));
    return {
      ...{ starts: count, frames, response },
      ...{ ...(ruled && { rules: ruled }), ...(simulated && { simulated }) },
      figures: [
        ...responseFigures(response, gameResponse),
        ...(ruled ? ruleFigures(ruled) : []),
        ...(simulated ? simulatedFigures(simulated) : []),
      ],
    };
  } finally {
    await oneStep?.close();
  }
}

type Ruled = NonNullable<PhysicsEvaluation['rules']>;

async function heldAgainst(
  data: Recordings,
  walker: Walker,
  {
    seed,
    actionAt,
    count,
    frames,
    legend,
    rules,
    oneStep,
    trials,
    onRemark,
  }: PhysicsOptions & {
    readonly oneStep: OneStep | undefined;
    readonly legend: Legend;
    readonly rules: Rules;
    readonly count: number;
    readonly frames: number;
  },
): Promise<Ruled> {
  const read = cellReader(legend, data);
  const size = data.width * data.height * 3;
  onRemark?.('reading the recordings');
  const recorded = data.clips.map(({ frames: length }, clip) => {
    const all = data.frames(clip, 0, length);
    const labels = data.actions(clip, 0, length);
    return Array.from({ length }, (_, t): ReadFrame => {
      const label = labels[t];
      const action = label === undefined ? undefined : data.actionNames[label];
      return { codes: read(all.subarray(t * size, (t + 1) * size)).codes, action };
    });
  });
  const game = new Laws(legend, rules);
  for (const clip of recorded) game.see(clip);

  onRemark?.(`walking ${frames} frames`);
  const places = spreadStarts(data, count);
  const dreamed: ReadFrame[][] = places.map(() => []);
  let inexact = 0;
  for (let first = 0; first < places.length; first += walker.batch) {
    const group = places.slice(first, first + walker.batch);
    /** The recorded frame whose action is done in step t: from the start again when the recording ends. */
    const frameAt = (b: number, t: number): number => {
      const { clip, frame } = group[b]!;
      return frame + (t % Math.max(1, data.clips[clip]!.frames - 1 - frame));
    };
    const named = (b: number, t: number): string | undefined =>
      recorded[group[b]!.clip]![frameAt(b, t)]!.action;
    group.forEach(({ clip, frame }, b) =>
      dreamed[first + b]!.push({ codes: recorded[clip]![frame]!.codes, action: named(b, 0) }),
    );
    const walk = {
      ...{ starts: group, length: frames, seeds: group.map((_, b) => seed + first + b) },
      actions: (t: number) => group.map(({ clip }, b) => actionAt(clip, frameAt(b, t))),
    };
    await walker.walk(walk, (t, shown, anew) =>
      shown.forEach((frame, b) => {
        const reading = read(frame);
        inexact += reading.inexact;
        dreamed[first + b]!.push({ codes: reading.codes, action: named(b, t + 1), isAnew: anew?.[b] });
      }),
    );
  }
  const laws = new Laws(legend, rules);
  for (const walk of dreamed) laws.see(walk);
  const errors = stateErrors(
    places.map(({ clip, frame }, b) => ({ dreamed: dreamed[b]!, recorded: recorded[clip]!.slice(frame) })),
    legend,
    rules,
  );
  let scores: TrialScores | undefined;
  if (oneStep) {
    onRemark?.('trying the rules after a true past');
    scores = await runTrials(data, recorded, oneStep, {
      legend,
      rules,
      read,
      ...(trials && { counts: trials }),
    });
  }
  return {
    inexactCells: inexact / (count * frames * legend.rows * legend.columns),
    dreamed: laws.toJSON(),
    game: game.toJSON(),
    errors,
    ...(scores && { trials: scores }),
  };
}

function responseFigures(
  { following, windows, frames, answered }: Response,
  game: Response | undefined,
): Figure[] {
  return figuresOf(
    {
      ...{
        name: 'following',
        title: 'windows closer to the recording with its own keys than with random ones',
      },
      ...{ value: following, game: game?.following, unit: 'share', of: windows },
    },
    frames === undefined
      ? undefined
      : {
          name: 'responseFrames',
          title: 'frames until a key shows in the picture, median',
          ...{ value: frames, game: game?.frames, unit: 'frames' },
        },
    {
      ...{ name: 'answered', title: 'keys that show within 15 frames', unit: 'share' },
      ...{ value: answered, game: game?.answered },
    },
  );
}

function ruleFigures({ inexactCells, dreamed, game, errors, trials }: Ruled): Figure[] {
  const share = (
    name: string,
    title: string,
    { came, of }: { came: number; of: number },
  ): Figure | undefined => (of === 0 ? undefined : { name, title, value: came / of, unit: 'share', of });
  const last = errors.at(-1);
  return figuresOf(
    ...(trials
      ? [
          share(
            'effectsRecorded',
            'effects that were recorded come exactly, after a true past',
            together(trials.effects.map((each) => each.recorded)),
          ),
          share(
            'effectsScripted',
            'effects come exactly when their conditions hold, after a true past',
            together(trials.effects.map((each) => each.scripted)),
          ),
          share(
            'illegalScripted',
            'actions without their conditions that have an effect, after a true past',
            together(trials.illegal),
          ),
        ]
      : []),
    ...lawFigures(dreamed, game),
    ...errors.map(({ frame, items, walks }): Figure => ({
      ...{
        name: `stateError${frame}`,
        title: `error of items after ${frame} frames, in standard deviations`,
      },
      ...{ value: items, unit: '', of: walks },
    })),
    last && {
      ...{
        name: 'stateUnchanged',
        title: `the same if nothing changed, after ${last.frame} frames`,
        unit: '',
      },
      value: last.unchanged,
    },
    last && {
      ...{
        name: 'placeError',
        title: `cells gone astray after ${last.frame} frames`,
        unit: 'cells',
        of: last.walks,
      },
      value: mean([last.place]),
    },
    {
      name: 'inexactCells',
      title: 'cells that look like no picture of the legend',
      value: inexactCells,
      game: 0,
      unit: 'share',
    },
  );
}
