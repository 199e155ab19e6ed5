/** Whether what a world is told comes about, and nothing else. */
import { SnowglobeError } from '@snowglobe/graph';
import type { Figure, Place, Recordings, RecordingSession, Tiles, WorldModel } from '@snowglobe/model';
import { eventLike, pixelsOf, spread } from '@snowglobe/model/internal';
import { figuresOf } from '../figures.js';
import { worldsAtOnce } from '../rollouts/courses.js';
import { openPrefill } from '../rollouts/prefill.js';
import type { WalkedAction } from '../walks/walker.js';
import type { WalkedWorld } from '../walks/world_walker.js';
import { logitsOfActions } from '../walks/world_walker.js';

export interface EventsOptions extends WalkedWorld {
  /** Whose art frames are drawn in. */
  readonly world: Parameters<Tiles['reader']>[0];
  readonly seed: number;
  /** What is done from a frame of a clip to the next. */
  readonly actionAt: (clip: number, frame: number) => WalkedAction;
  /** Trials of each event at most; default 32. */
  readonly trials?: number | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** Events told to a world, held against recordings in which they came about. */
export interface EventsEvaluation {
  /** Recorded events that were told. */
  readonly trials: number;
  /** Frames within which they must show. */
  readonly frames: number;
  readonly figures: readonly Figure[];
}

/** Frames within which an event must show. */
const frames = 8;
/** Frames of the recording that worlds go along before something is told. */
const before = 16;
/** Walks with what is told, and as many without it, of the same seeds. */
const pairs = worldsAtOnce / 2;

/** An event in a recording: a place, and what was told there. */
interface Trial extends Place {
  readonly event: string;
}

/** How walks of a trial came out. */
interface Outcome {
  /** Of the walks with what was told, those that show it. */
  readonly shown: number;
  /** Of all other cells, those that are as without it: in the first frame that shows it. */
  readonly same: number;
  readonly others: number;
}

/**
 * Tells a world what recorded games were told, in the same places, in 8 walks by the recorded actions, and beside each walk one of the same seed that
 * is told nothing. What an event changes are the cells of which most of the 8 walks that are told nothing show the same, and none what the recording shows: what
 * chance may bring is none of it. An event shows in a walk when within 8 frames at least half of these cells are as recorded. Events without such cells
 * in the next frame changed nothing in the recording, and are left out.
 * @throws SnowglobeError where the world or the recordings know no events, or its frames are not made of tiles
 */
export async function evaluateEvents(
  data: Recordings,
  session: RecordingSession,
  model: WorldModel,
  options: EventsOptions,
): Promise<EventsEvaluation> {
  const { events = [], tiles } = model;
  if (events.length === 0 || !tiles) {
    throw new SnowglobeError(
      'eval: this world knows no events; measure one that has learned of recordings whose games were told some.',
    );
  }
  const all = trialsOf((await data.events?.()) ?? [], data, events, options.trials ?? 32);
  if (all.length === 0) {
    throw new SnowglobeError(
      'eval: these recordings tell of no event that the world knows; give some with `events` in their key logs.',
    );
  }
  const { executor, store, kvCache, onRemark } = options;
  const prefill = await openPrefill(data, session, model, { executor, store, kvCache });
  const program = await executor.compile(model.frameGraph({ batch: worldsAtOnce, kvCache }), {
    ...{ store, freeze: true },
  });
  const { variables } = model.frameGraph();
  const reader = tiles.reader(options.world);
  const cells = tiles.rows * tiles.columns;
  const recorded = (clip: number, frame: number): Int32Array =>
    reader.codesOf(
      model.initialState(variables, pixelsOf(data.frames(clip, frame, 1))) as Parameters<
        typeof reader.codesOf
      >[0],
    );
  const logitsOf = logitsOfActions(model, options.keys);

  /** Tells `event` in the place of a trial. @returns undefined where the recording shows nothing that untold walks do not */
  async function tell({ clip, frame }: Trial, event: string): Promise<Outcome | undefined> {
    const { seed, temperature, confidenceThreshold } = options;
    const start = Math.min(before, frame);
    await prefill.run(new Array<Place>(worldsAtOnce).fill({ clip, frame }), start);
    const seeds = Array.from({ length: worldsAtOnce }, (_, b) => seed + (b % pairs));
    const isShown = new Array<boolean>(pairs).fill(false);
    const sameOf = new Array<readonly [same: number, others: number]>(pairs).fill([0, 0]);
    const last = Math.min(frames, data.clips[clip]!.frames - 1 - frame);
    for (let t = 0; t < last; t++) {
      const logits = new Array<Float32Array>(worldsAtOnce).fill(logitsOf(options.actionAt(clip, frame + t)));
      const told = seeds.map((_, b) => (t === 0 && b >= pairs ? event : undefined));
      const inputs = model.frameInputs(start + t, logits, { seeds, temperature, confidenceThreshold, told });
      const { codes } = await program.run(inputs, ['codes']);
      const shows = (b: number, cell: number): number => codes![b * cells + cell]!;
      const truth = recorded(clip, frame + t + 1);
      const due = [...truth.keys()].filter((cell) => {
        const untold = seeds.slice(0, pairs).map((_, b) => shows(b, cell));
        const most = Math.max(...untold.map((code) => untold.filter((each) => each === code).length));
        return 2 * most > pairs && !untold.includes(truth[cell]!);
      });
      if (t === 0 && due.length === 0) return undefined;
      const isDue = new Set(due);
      for (let b = 0; b < pairs; b++) {
        if (isShown[b]) continue;
        const as = due.filter((cell) => shows(pairs + b, cell) === truth[cell]).length;
        isShown[b] = due.length > 0 && 2 * as >= due.length;
        if (t > 0 && !isShown[b]) continue;
        const others = [...truth.keys()].filter((cell) => !isDue.has(cell));
        const same = others.filter((cell) => shows(pairs + b, cell) === shows(b, cell)).length;
        sameOf[b] = [same, others.length];
      }
    }
    return {
      shown: isShown.filter((each) => each).length,
      same: sameOf.reduce((sum, [same]) => sum + same, 0),
      others: sameOf.reduce((sum, [, others]) => sum + others, 0),
    };
  }

  const byEvent = new Map(events.map((event) => [event, new Tally()]));
  const whole = new Tally();
  const otherwise = new Tally();
  try {
    for (const [n, trial] of all.entries()) {
      if (n % 20 === 0) onRemark?.(`event ${n} of ${all.length}`);
      const outcome = await tell(trial, trial.event);
      if (!outcome) continue;
      byEvent.get(trial.event)!.add(outcome);
      whole.add(outcome);
      // What shows whatever is told is no sign that it was understood.
      const another = events[(events.indexOf(trial.event) + 1) % events.length]!;
      if (another !== trial.event) otherwise.add((await tell(trial, another))!);
    }
  } finally {
    await program.close();
    await prefill.close();
  }
  const share = (name: string, title: string, value: number, { trials }: Tally): Figure => ({
    ...{ name, title, value, unit: 'share', of: trials },
  });
  return {
    ...{ trials: whole.trials, frames },
    figures: figuresOf(
      share('shown', `what is told shows within ${frames} frames`, whole.shown, whole),
      share('unchanged', 'other cells are then as without it', whole.unchanged, whole),
      share('shownOther', 'shows when another event is told', otherwise.shown, otherwise),
      ...[...byEvent].map(([event, tally], i) =>
        tally.trials === 0 ? undefined : share(`event${i}`, `shows: ${event}`, tally.shown, tally),
      ),
    ),
  };
}

/** What became of trials. */
class Tally {
  trials = 0;
  #shown = 0;
  #same = 0;
  #others = 0;

  add({ shown, same, others }: Outcome): void {
    this.trials++;
    this.#shown += shown;
    this.#same += same;
    this.#others += others;
  }

  get shown(): number {
    return this.#shown / Math.max(1, this.trials * pairs);
  }

  get unchanged(): number {
    return this.#same / Math.max(1, this.#others);
  }
}

/** The recorded events that the world knows, so many of each at most, evenly spread. */
function trialsOf(
  recorded: Awaited<ReturnType<NonNullable<Recordings['events']>>>,
  { clips }: Recordings,
  events: readonly string[],
  most: number,
): Trial[] {
  const known = recorded.flatMap((clip, n) =>
    clip.flatMap(({ frame, sentence }): Trial[] => {
      const event = eventLike(sentence, events);
      return event === undefined || frame + 1 >= clips[n]!.frames ? [] : [{ clip: n, frame, event }];
    }),
  );
  return events.flatMap((event) =>
    spread(
      known.filter((trial) => trial.event === event),
      most,
    ),
  );
}
