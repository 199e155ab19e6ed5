/** Whether keys do what they did in the recordings, and how soon: of worlds of any game, by pixels. */
import type { Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { changedShare, isVisiblyOther } from '../long/change.js';
import { mean } from '../statistics.js';
import { spreadStarts } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';

/** How closely a world follows the keys, and how soon. */
export interface Response {
  /**
   * Share of windows whose salient pixels (those that differ visibly from the prompt in the recording) are closer to the recording
   * with its own keys than with random ones; 0.5 ignores keys.
   */
  readonly following: number;
  readonly windows: number;
  /** Median of the first frame in which a key makes a visible difference to doing nothing, of keys that ever do within `patience`. */
  readonly frames: number | undefined;
  /** Share of keys and starts that do. */
  readonly answered: number;
}

/** Frames of a window in which actions are followed. */
const horizon = 8;
/** Frames for which a key is held. */
const patience = 15;
/** Share of pixels that must differ. */
const difference = 0.0025;

export async function measureResponse(
  data: Recordings,
  walker: Walker,
  {
    seed,
    windows,
    keys,
    idle,
    actionAt,
  }: {
    readonly seed: number;
    /** Windows of following, and starts of pressing keys. */
    readonly windows: number;
    readonly keys: readonly WalkedAction[];
    readonly idle: WalkedAction;
    /** What was done at a recorded frame. */
    readonly actionAt: (clip: number, frame: number) => WalkedAction;
  },
): Promise<Response> {
  const { following, counted } = await follow(data, walker, seed, windows, keys, actionAt);
  const latencies = await press(data, walker, seed, keys, idle);
  const answered = latencies.filter((frames) => frames !== undefined).sort((a, b) => a - b);
  return {
    following,
    windows: counted,
    frames: answered[Math.floor((answered.length - 1) / 2)],
    answered: latencies.length === 0 ? 0 : answered.length / latencies.length,
  };
}

async function follow(
  data: Recordings,
  walker: Walker,
  seed: number,
  windows: number,
  keys: readonly WalkedAction[],
  actionAt: (clip: number, frame: number) => WalkedAction,
): Promise<{ following: number; counted: number }> {
  const random = generatorFor(seed, 'random keys');
  const long = [...data.clips.keys()].filter((clip) => data.clips[clip]!.frames > horizon);
  const places = spreadStarts(
    { clips: long.map((clip) => data.clips[clip]!) },
    long.length === 0 ? 0 : windows,
  ).map(({ clip, frame }, i) => {
    const whole = long[clip]!;
    const left = data.clips[whole]!.frames - 1 - horizon;
    // Not all at beginnings, where little has happened yet.
    return { clip: whole, frame: Math.min(left, frame + ((i * 37) % (left + 1))) };
  });
  const wins: number[] = [];
  for (let first = 0; first < places.length; first += walker.batch) {
    const group = places.slice(first, first + walker.batch);
    const errors = async (
      action: (b: number, t: number) => WalkedAction,
    ): Promise<(number | undefined)[]> => {
      const sums = group.map(() => ({ sum: 0, count: 0 }));
      await walker.walk(
        {
          starts: group,
          length: horizon,
          seeds: group.map((_, b) => seed + first + b),
          actions: (t) => group.map((_, b) => action(b, t)),
        },
        (t, shown) =>
          shown.forEach((frame, b) => {
            const { clip, frame: start } = group[b]!;
            salientError(data.frames(clip, start, 1), data.frames(clip, start + t + 1, 1), frame, sums[b]!);
          }),
      );
      return sums.map(({ sum, count }) => (count === 0 ? undefined : sum / count));
    };
    const recorded = await errors((b, t) => actionAt(group[b]!.clip, group[b]!.frame + t));
    const other = await errors(() => keys[uniformInt(random, 0, keys.length - 1)]!);
    recorded.forEach((error, b) => {
      if (error === undefined) return;
      wins.push(error < other[b]! ? 1 : error === other[b]! ? 0.5 : 0);
    });
  }
  return { following: wins.length === 0 ? 0.5 : mean(wins), counted: wins.length };
}

function salientError(
  prompt: Uint8Array,
  truth: Uint8Array,
  shown: Uint8Array,
  sums: { sum: number; count: number },
): void {
  for (let i = 0; i < truth.length; i += 3) {
    if (!isVisiblyOther(prompt, truth, i)) continue;
    for (let c = i; c < i + 3; c++) sums.sum += (shown[c]! - truth[c]!) ** 2;
    sums.count += 3;
  }
}

/** For each key and start, the frame in which it shows. */
async function press(
  data: Recordings,
  walker: Walker,
  seed: number,
  keys: readonly WalkedAction[],
  idle: WalkedAction,
): Promise<(number | undefined)[]> {
  const starts = spreadStarts(data, walker.batch);
  const hold = async (action: WalkedAction): Promise<(readonly Uint8Array[])[]> => {
    const frames: (readonly Uint8Array[])[] = [];
    const walk = {
      starts,
      length: patience,
      seeds: starts.map((_, b) => seed + b),
      actions: () => starts.map(() => action),
    };
    await walker.walk(walk, (_, shown) => void frames.push(shown));
    return frames;
  };
  const still = await hold(idle);
  const latencies: (number | undefined)[] = [];
  for (const key of keys) {
    if (key === idle) continue;
    const moved = await hold(key);
    starts.forEach((_, b) => {
      const at = moved.findIndex((frames, t) => changedShare(frames[b]!, still[t]![b]!) > difference);
      latencies.push(at < 0 ? undefined : at + 1);
    });
  }
  return latencies;
}
