import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose } from '../config/config.js';
import { toldInput, toldWords } from '../dynamics/told.js';
import type { RecalledFrames, Transitions } from './transitions.js';

/** Shapes: B transitions, P cells, A actions, R recalled frames, V = R + 1 views, W words. */

/** The inputs of a prediction: i32 (B, P) each but `action` (B, A), `motion` (B), `told` (B, W) and what `memoryInputs` says. */
export function frameContextInputs(builder: GraphBuilder, config: PatchesConfig, rows: number) {
  const codes = (name: string): Tensor => builder.input(name, [rows, cellCount(config)], 'i32');
  return {
    hint_BP: codes('hint'),
    freshness_BP: codes('freshness'),
    last_BP: codes('last'),
    ...memoryInputs(builder, config, rows),
    action_BA: builder.input('action', [rows, config.actions]),
    motion_B: builder.input('motion', [rows], 'i32'),
    ...(config.events && { told_BW: builder.input(toldInput, [rows, toldWords], 'i32') }),
  };
}

/** Of a map `ages` (B, P); of a memory by pose `recalled` (B, R, P) and `views` (B, R + 1). */
function memoryInputs(builder: GraphBuilder, config: PatchesConfig, rows: number) {
  const cells = cellCount(config);
  if (!isByPose(config)) return { ages_BP: builder.input('ages', [rows, cells], 'i32') };
  const { recalled } = config.poses;
  return {
    ...(recalled > 0 && { recalled_BRP: builder.input('recalled', [rows, recalled, cells], 'i32') }),
    views_BV: builder.input('views', [rows, recalled + 1], 'i32'),
  };
}

/** The inputs of `frameContextInputs`. */
export interface ContextInputs {
  readonly hint: Int32Array;
  readonly freshness: Int32Array;
  readonly last: Int32Array;
  readonly action: Float32Array;
  readonly motion: Int32Array;
  readonly ages?: Int32Array;
  readonly recalled?: Int32Array;
  readonly views?: Int32Array;
  readonly told?: Int32Array;
}

export function emptyInputs(config: PatchesConfig, rows: number): ContextInputs {
  const cells = cellCount(config);
  const codes = (): Int32Array => new Int32Array(rows * cells);
  const recalled = isByPose(config) ? config.poses.recalled : 0;
  return {
    ...{ hint: codes(), freshness: codes(), last: codes() },
    action: new Float32Array(rows * config.actions),
    motion: new Int32Array(rows),
    ...(config.events && { told: new Int32Array(rows * toldWords) }),
    ...(isByPose(config)
      ? {
          ...(recalled > 0 && { recalled: new Int32Array(rows * recalled * cells) }),
          views: new Int32Array(rows * (recalled + 1)),
        }
      : { ages: codes() }),
  };
}

/** Puts a transition into a row of the inputs. */
export function fillContext(
  inputs: ContextInputs,
  row: number,
  transitions: Transitions,
  n: number,
  config: PatchesConfig,
): void {
  for (let cell = 0; cell < cellCount(config); cell++) fillCell(inputs, row, cell, transitions, n, config);
  const action = transitions.actions[n];
  if (action !== undefined) inputs.action[row * config.actions + action] = 1;
  inputs.motion[row] = transitions.labels.motions[n]!;
  const told = transitions.told?.get(n);
  if (told) inputs.told?.set(told.ids, row * toldWords);
  if (transitions.recalled && inputs.views) fillRecalled(inputs, row, transitions, transitions.recalled, n);
}

function fillRecalled(
  { recalled, views }: ContextInputs,
  row: number,
  { last, count }: Transitions,
  { frames, views: allViews }: RecalledFrames,
  n: number,
): void {
  const [R, cells] = [frames.length / count, last.length / count];
  views!.set(allViews.subarray(n * (R + 1), (n + 1) * (R + 1)), row * (R + 1));
  for (let i = 0; i < R; i++) {
    const from = frames[n * R + i]!;
    for (let cell = 0; cell < cells; cell++) {
      recalled![(row * R + i) * cells + cell] = from < 0 ? 0 : last[from * cells + cell]! + 1;
    }
  }
}

/** Puts one cell of a transition into a row of the inputs. */
export function fillCell(
  inputs: ContextInputs,
  row: number,
  cell: number,
  transitions: Transitions,
  n: number,
  config: PatchesConfig,
): void {
  const cells = cellCount(config);
  const [from, to] = [n * cells + cell, row * cells + cell];
  inputs.hint[to] = transitions.hint[from]!;
  inputs.freshness[to] = transitions.freshness[from]!;
  if (inputs.ages) inputs.ages[to] = transitions.ages[from]!;
  inputs.last[to] = transitions.last[from]! + 1;
}
