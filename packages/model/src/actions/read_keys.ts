import type { Label } from '../recordings.js';
import type { WorldActions } from './choose_action.js';
import { bestMap, contingencyTable } from './information.js';

/** A recording with a key log, a number a frame. */
export interface LabelledClip {
  /** What happened until the next frame. */
  readonly codes: ArrayLike<number>;
  /** What was held. */
  readonly actions: ArrayLike<Label>;
  /** In which of the states that the table tells apart. */
  readonly states: ArrayLike<number>;
}

/** What a handful of labelled clips says of the keys of a world with latent actions. */
export interface Keys {
  /** What each code mostly stands for. */
  readonly codeToAction: readonly string[];
  /** log P(action | code, state) of each action: rows of states, columns of codes. */
  readonly keys: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Frames that what is known of a code in general counts for, beside those of the state at hand. */
const generalWeight = 4;

/**
 * Reads off labelled clips how well each code goes with each action. Actions are sets of keys (`right+up`) and are counted
 * key by key, as if each were held or not for itself: that way rare combinations are known from their keys.
 *
 * @returns `undefined` when no frame has a label
 */
export function readKeys(
  clips: readonly LabelledClip[],
  actionNames: readonly string[],
  { count: codeCount, states: stateCount }: Omit<WorldActions, 'areLatent'>,
): Keys | undefined {
  const frames = clips.flatMap(({ codes, actions, states }) =>
    Array.from(actions).flatMap((action, t) =>
      action === undefined ? [] : [{ code: codes[t]!, action, state: states[t]! }],
    ),
  );
  if (frames.length === 0) return undefined;
  const keysOf = actionNames.map((name) => new Set(name === 'none' ? [] : name.split('+')));
  const all = [...new Set(keysOf.flatMap((set) => [...set]))];
  /** P(key | code, state). */
  const held = new Map(
    all.map((key) => {
      const inGeneral = Array.from({ length: codeCount }, () => ({ held: 1, frames: 2 }));
      const there = Array.from({ length: stateCount * codeCount }, () => ({ held: 0, frames: 0 }));
      for (const { code, action, state } of frames) {
        const isHeld = keysOf[action]!.has(key) ? 1 : 0;
        for (const count of [inGeneral[code]!, there[state * codeCount + code]!]) {
          count.held += isHeld;
          count.frames++;
        }
      }
      const share = there.map((count, i) => {
        const general = inGeneral[i % codeCount]!;
        const expected = (generalWeight * general.held) / general.frames;
        return (count.held + expected) / (count.frames + generalWeight);
      });
      return [key, share] as const;
    }),
  );
  const likelihood = (wanted: ReadonlySet<string>, state: number, code: number): number =>
    all.reduce((sum, key) => {
      const share = held.get(key)![state * codeCount + code]!;
      return sum + Math.log(wanted.has(key) ? share : 1 - share);
    }, 0);
  const table = contingencyTable(
    frames.map(({ code }) => code),
    frames.map(({ action }) => action),
    codeCount,
    actionNames.length,
  );
  return {
    codeToAction: bestMap(table).map((action) => actionNames[action]!),
    keys: Object.fromEntries(
      actionNames.map((name, action) => [
        name,
        Array.from({ length: stateCount }, (_, state) =>
          Array.from({ length: codeCount }, (_, code) => rounded(likelihood(keysOf[action]!, state, code))),
        ),
      ]),
    ),
  };
}

/** Three decimals say all that counts of a few thousand frames can. */
const rounded = (x: number): number => Math.max(-100, Math.round(x * 1000) / 1000);

/** Names of latent actions that nobody has named. */
export function unnamedActions(count: number): {
  readonly actionNames: readonly string[];
  readonly codeToAction: readonly string[];
} {
  const names = Array.from({ length: count }, (_, code) => `code ${code}`);
  return { actionNames: names, codeToAction: names };
}
