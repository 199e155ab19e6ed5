/** What a world makes of the physics of a simulated game. See `evaluateSimulated`. */
import type { Recordings } from '@snowglobe/model';
import { spread } from '@snowglobe/model/internal';
import type { Impossible, Law, Reading } from '@snowglobe/worlds';
import { mean } from '../statistics.js';
import type { Share } from '../tally.js';
import { Tally } from '../tally.js';
import type { OneStep } from '../walks/one_step.js';
import { spreadStarts } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import { carriedOn, lostAndNew, placeError, seenSince } from './place_error.js';
import type { ReadableGame, Replays } from './replays.js';
import { simulatorOneStep, simulatorWalker } from './simulator_walker.js';

export interface SimulatedOptions {
  readonly seed: number;
  readonly replays: Replays;
  /** What the world is asked for where the recorded player did something. */
  readonly actionAt: (clip: number, frame: number) => WalkedAction;
  /** Walks. */
  readonly starts: number;
  /** Frames of each. */
  readonly frames: number;
  /** Shows one frame after a true past; default: nothing impossible is tried. */
  readonly oneStep?: OneStep | undefined;
  /** Most trials of something impossible. */
  readonly trials?: number | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** How far a state is from the true one. */
export interface StateDistance {
  /** OSPA distance of places, in cells, at most 5; see `place_error.ts`. */
  readonly places: number;
  /** Mean absolute error of counts, in standard deviations of the recordings. */
  readonly counts: number;
}

/** Errors so many frames after a start, means over walks. */
export interface SimulatedError {
  readonly frame: number;
  readonly walks: number;
  readonly world: StateDistance;
  /** The start held. */
  readonly still: StateDistance;
  /** The last displacement goes on, and the last change of counts. */
  readonly constant: StateDistance;
  /** The game with other dice: what nobody can do better; of games with chance. */
  readonly chance?: StateDistance;
  /** Error of places of one who knows what becomes of things in sight at the start, even by chance, and of no others. */
  readonly seenPlaces: number;
}

/** How often something happens that does not happen in the game. */
export interface Against {
  readonly name: string;
  readonly world: Share;
  /** The game under the same reader. */
  readonly game: Share;
}

/** A world held against the simulator of its game. */
export interface SimulatedEvaluation {
  readonly game: string;
  readonly errors: readonly SimulatedError[];
  /** Frames in which a law does not hold. */
  readonly laws: readonly Against[];
  /** Impossible things that were tried after a true past, and came. */
  readonly impossible: readonly Against[];
  /** Things well in sight that are gone a frame later, and that come from nowhere. */
  readonly lost: Against;
  readonly appeared: Against;
}

/** Frames after a start at which errors are told; the bar is at 30. */
const horizons = [1, 4, 10, 30, 100] as const;
const usualTrials = 24;

interface ReadWalk {
  readonly start: { readonly clip: number; readonly frame: number };
  /** From the start on, to the end of the first game. */
  readonly readings: readonly Reading[];
}

/**
 * Reads what a world shows as the state of its game, and holds it against the simulator from the same frames with the same actions.
 *
 * - *State error* after 30 and 100 frames, beside two baselines, *no motion* and *constant velocity*, and the game with other dice.
 * - *Laws*: the share of frames that break each, beside the recordings under the same reader.
 * - *Optimism*: impossible things that are tried after a true past, such as walking into a wall, and succeed.
 */
export async function evaluateSimulated(
  data: Recordings,
  walker: Walker,
  { seed, replays, actionAt, starts, frames, oneStep, trials = usualTrials, onRemark }: SimulatedOptions,
): Promise<SimulatedEvaluation> {
  const { game } = replays;
  const { physics, laws = [] } = game;
  onRemark?.(`reading the recordings as ${game.name}`);
  const recorded = replays.states.map((states, clip) => readClip(data, clip, states.length, game));
  const places = startsOf(replays, starts);
  /** The recorded frame whose action is done in step t: from the start again when the recording ends. */
  const frameAt = ({ clip, frame }: ReadWalk['start'], t: number): number =>
    frame + (t % Math.max(1, recorded[clip]!.length - 1 - frame));
  const walked = async (through: Walker, length: number, ask = actionAt): Promise<ReadWalk[]> => {
    const walks = places.map((start) => ({ start, readings: [recorded[start.clip]![start.frame]!] }));
    const isOver = places.map(() => false);
    for (let first = 0; first < places.length; first += through.batch) {
      const group = places.slice(first, first + through.batch);
      const walk = {
        ...{ starts: group, length, seeds: group.map((_, b) => seed + first + b) },
        actions: (t: number) => group.map((start) => ask(start.clip, frameAt(start, t))),
      };
      await through.walk(walk, (_, shown, anew) =>
        shown.forEach((frame, b) => {
          if (anew?.[b]) isOver[first + b] = true;
          const { readings } = walks[first + b]!;
          if (!isOver[first + b]) readings.push(physics.read(frame, readings.at(-1)));
        }),
      );
    }
    return walks;
  };
  onRemark?.(`walking ${frames} frames`);
  const dreamed = await walked(walker, frames);
  const named = (clip: number, frame: number): string => data.actionNames[data.actions(clip, frame, 1)[0]!]!;
  const longest = Math.max(...horizons);
  const other = physics.withChance
    ? await walked(simulatorWalker(data, replays, { chance: true }), longest, named)
    : undefined;

  let impossible: readonly Against[] = [];
  if (oneStep) {
    onRemark?.('trying what is impossible');
    const planned = planTrials(recorded, game, trials);
    impossible = await runTrials(planned, game, oneStep, simulatorOneStep(data, replays));
  }
  const all = dreamed.map(({ readings }) => readings);
  return {
    game: game.name,
    errors: errorsOf(recorded, game, { dreamed, other }),
    laws: laws
      .filter(({ seenIn }) => seenIn !== 'state')
      .map((law) => ({ name: law.name, world: brokenIn(law, all), game: brokenIn(law, recorded) })),
    impossible,
    lost: against('lost', all, recorded, (before, after) => {
      const { lost, was } = lostAndNew(before, after, physics.reach);
      return { came: lost, of: was };
    }),
    appeared: against('appeared', all, recorded, (before, after) => {
      const found = lostAndNew(before, after, physics.reach);
      return { came: found.new, of: found.is };
    }),
  };
}

function readClip(data: Recordings, clip: number, frames: number, { physics }: ReadableGame): Reading[] {
  const readings: Reading[] = [];
  for (let t = 0; t < frames; t++) readings.push(physics.read(data.frames(clip, t, 1), readings.at(-1)));
  return readings;
}

/** Starts with a frame before them, and if they can with as many after them as errors are told of. */
function startsOf({ states }: Replays, count: number): ReadWalk['start'][] {
  const known = [...states.keys()].filter((clip) => states[clip]!.length > 2);
  return spreadStarts(
    { clips: known.map((clip) => ({ name: '', frames: states[clip]!.length, hasActions: true })) },
    count,
  ).map((place, i) => {
    const clip = known[place.clip]!;
    const most = Math.max(1, states[clip]!.length - 1 - Math.max(...horizons));
    // Not all at beginnings, where little has happened yet.
    return { clip, frame: 1 + ((place.frame + i * 37) % most) };
  });
}

function errorsOf(
  recorded: readonly (readonly Reading[])[],
  { physics }: ReadableGame,
  {
    dreamed,
    other,
  }: { readonly dreamed: readonly ReadWalk[]; readonly other: readonly ReadWalk[] | undefined },
): SimulatedError[] {
  const spreads = physics.counts.map((name) => {
    const values = recorded.flat().map(({ numbers }) => numbers[name] ?? 0);
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  });
  const distanceOf = (is: Pick<Reading, 'things' | 'numbers'>, truth: Reading): StateDistance => {
    const errors = physics.counts.flatMap((name, i) =>
      spreads[i] === 0 ? [] : [Math.abs((is.numbers[name] ?? 0) - (truth.numbers[name] ?? 0)) / spreads[i]!],
    );
    return { places: placeError(is.things, truth.things), counts: errors.length === 0 ? 0 : mean(errors) };
  };
  const meanOf = (all: readonly StateDistance[]): StateDistance => ({
    places: mean(all.map(({ places }) => places)),
    counts: mean(all.map(({ counts }) => counts)),
  });
  return horizons.flatMap((frame) => {
    const walks = dreamed.flatMap(({ start: { clip, frame: first }, readings }, w) => {
      const truth = recorded[clip]![first + frame];
      return truth && readings[frame] ? [{ clip, first, truth, is: readings[frame], w }] : [];
    });
    if (walks.length === 0) return [];
    const still = walks.map(({ clip, first, truth }) => distanceOf(recorded[clip]![first]!, truth));
    const constant = walks.map(({ clip, first, truth }) => {
      const [before, now] = [recorded[clip]![first - 1]!, recorded[clip]![first]!];
      const numbers = Object.fromEntries(
        physics.counts.map((name) => {
          const [was, is] = [before.numbers[name] ?? 0, now.numbers[name] ?? 0];
          return [name, is + frame * (is - was)];
        }),
      );
      return distanceOf({ things: carriedOn(before, now, frame, physics.reach), numbers }, truth);
    });
    return [
      {
        ...{ frame, walks: walks.length },
        world: meanOf(walks.map(({ is, truth }) => distanceOf(is, truth))),
        still: meanOf(still),
        constant: meanOf(constant),
        seenPlaces: mean(
          walks.map(({ clip, first, truth }) =>
            placeError(
              seenSince(recorded[clip]!.slice(first, first + frame + 1), physics.reach),
              truth.things,
            ),
          ),
        ),
        ...(other && {
          chance: meanOf(walks.map(({ truth, w }) => distanceOf(other[w]!.readings[frame]!, truth))),
        }),
      },
    ];
  });
}

function brokenIn(law: Law, walks: readonly (readonly Reading[])[]): Share {
  const tally = new Tally();
  for (const readings of walks) {
    for (let t = 1; t < readings.length; t++)
      tally.add(!law.holds(readings[t - 1]!.numbers, readings[t]!.numbers));
  }
  return tally.toJSON();
}

function against(
  name: string,
  world: readonly (readonly Reading[])[],
  game: readonly (readonly Reading[])[],
  of: (before: Reading, after: Reading) => Share,
): Against {
  const count = (walks: readonly (readonly Reading[])[]): Share => {
    const tally = new Tally();
    for (const readings of walks) {
      for (let t = 1; t < readings.length; t++) {
        const found = of(readings[t - 1]!, readings[t]!);
        tally.addMany(found.came, found.of);
      }
    }
    return tally.toJSON();
  };
  return { name, world: count(world), game: count(game) };
}

interface Planned {
  readonly clip: number;
  readonly frame: number;
  readonly action: string;
  readonly before: Reading;
  readonly what: Impossible;
}

/** Frames at which something is impossible, evenly spread over those that there are. */
function planTrials(
  recorded: readonly (readonly Reading[])[],
  { physics }: ReadableGame,
  most: number,
): Planned[] {
  return physics.impossible.flatMap((what) => {
    const found = recorded.flatMap((readings, clip) =>
      // The last frame has no next one to go on to.
      readings
        .slice(0, -1)
        .flatMap((before, frame) =>
          what.actions
            .filter((action) => what.isImpossible(before, action))
            .map((action): Planned => ({ clip, frame, action, before, what })),
        ),
    );
    return spread(found, most);
  });
}

async function runTrials(
  planned: readonly Planned[],
  { physics }: ReadableGame,
  world: OneStep,
  game: OneStep,
): Promise<Against[]> {
  const tried = async (through: OneStep): Promise<Map<Impossible, Tally>> => {
    const tallies = new Map<Impossible, Tally>();
    await through.run(planned, (i, frame) => {
      const { what, before, action } = planned[i]!;
      const tally = tallies.get(what) ?? new Tally();
      tally.add(what.succeeds(before, physics.read(frame, before), action));
      tallies.set(what, tally);
    });
    return tallies;
  };
  const [dreamed, true_] = [await tried(world), await tried(game)];
  return [...dreamed].map(([what, tally]) => ({
    name: what.name,
    world: tally.toJSON(),
    game: true_.get(what)!.toJSON(),
  }));
}
