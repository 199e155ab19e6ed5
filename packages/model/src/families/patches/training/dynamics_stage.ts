import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { argmax, crossEntropy, pointwise as p, sum } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { StageDefinition } from '../../../family/training.js';
import { mapTables } from '../../../memory/map/geometry.js';
import { freshness } from '../../../memory/cells.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import { cellCount, isByPose, mapGeometry } from '../config/config.js';
import { embedFrame, patchLogits } from '../dynamics/dynamics.js';
import { eventsScope, toldInput, toldWords } from '../dynamics/told.js';
import { drawingOdds, drawTransition } from './drawing_odds.js';
import { surroundingsMixer } from './mix_surroundings.js';
import type { RecalledFrames, Transitions } from './transitions.js';
import { someCode } from './transitions.js';

/** Shapes: B transitions, P cells. */

/** Transitions of a training step. */
const batch = 32;
/** Share of rows all of whose cells are masked, as in the first refinement step, which decides most. */
const allMasked = 0.6;
/** Share of rows that are not told how long ago cells changed, so that what an action does is not guessed from when it was done last. */
const agesHidden = 0.25;
/** Share of rows whose surroundings are those of another transition, where two fit. */
const mixedShare = 0.6;
/** Largest share of wrong patches in the frame that the world goes on from. */
const mostWrong = 0.04;

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

/** Masked prediction of the next frame's patches. The loss is in nats a masked cell. */
export function dynamicsStage(
  transitions: () => Promise<Transitions>,
  config: PatchesConfig,
): StageDefinition {
  const cells = cellCount(config);
  const prepared = once(async () => {
    const all = await transitions();
    // A view in first person cannot be put together from two.
    const mixer = isByPose(config) ? undefined : surroundingsMixer(all, config);
    return { all, ...drawingOdds(all, config), mixer };
  });
  return {
    framesPerStep: batch,
    mayLack: (parameter) => parameter.startsWith(`dynamics/${eventsScope}/`),
    optimizer: { muon: { learningRate: 0.01 }, adamw: { learningRate: 1.5e-3, beta2: 0.98 } },
    build: (builder) => {
      const inputs = frameContextInputs(builder, config, batch);
      const known = builder.input('known', [batch, cells], 'i32');
      const next = builder.input('next', [batch, cells], 'i32');
      const weights = builder.input('weights', [batch, 1]);
      const logits = builder.scope('dynamics', () => patchLogits(embedFrame(inputs, config), known, config));
      const masked = p.toF32(p.equal(known, 0));
      const total = p.max(sum(masked), 1);
      const losses = crossEntropy(logits, next);
      const right = p.toF32(p.equal(argmax(logits), next));
      const rate = (hits: Tensor, of: Tensor): Tensor => p.div(sum(p.mul(hits, of)), p.max(sum(of), 1));
      const isLast = p.mul(masked, p.toF32(p.equal(inputs.freshness_BP, freshness.last)));
      const changed = p.mul(isLast, p.sub(1, p.toF32(p.equal(inputs.hint_BP, p.add(next, 1)))));
      const isNew = p.mul(masked, p.toF32(p.equal(inputs.freshness_BP, freshness.never)));
      return {
        loss: p.div(sum(p.mul(p.mul(losses, masked), weights)), total),
        metrics: { seen: rate(right, isLast), changed: rate(right, changed), unseen: rate(right, isNew) },
      };
    },
    batches: async (_, random) => {
      const { all, cumulative, weights, mixer } = await prepared();
      const inputs = emptyInputs(config, batch);
      const rest = {
        known: new Int32Array(batch * cells),
        next: new Int32Array(batch * cells),
        weights: new Float32Array(batch),
      };
      for (let b = 0; b < batch; b++) {
        const n = drawTransition(cumulative, random);
        fillContext(inputs, b, all, n, config);
        const around = mixer && uniformFloat64(random) < mixedShare ? mixer.around(n, random) : undefined;
        const sourceOf = (cell: number): number => (around?.cells[cell] ? around.from : n);
        around?.cells.forEach((isTaken, cell) => {
          if (isTaken) fillCell(inputs, b, cell, all, around.from, config);
        });
        spoil(inputs, b, all, n, config, random);
        if (uniformFloat64(random) < agesHidden) inputs.ages?.fill(0, b * cells, (b + 1) * cells);
        rest.weights[b] = weights[n]!;
        const share = uniformFloat64(random) < allMasked ? 1 : uniformFloat64(random);
        for (let cell = 0; cell < cells; cell++) {
          const code = all.next[sourceOf(cell) * cells + cell]!;
          rest.next[b * cells + cell] = code;
          rest.known[b * cells + cell] = uniformFloat64(random) < share ? 0 : code + 1;
        }
      }
      return { ...inputs, ...rest };
    },
  };
}

/** The inputs of `frameContextInputs`. */
interface ContextInputs {
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
function fillCell(
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

const tablesOf = new WeakMap<PatchesConfig, Int32Array>();

/** The cell of the last frame that the hint of a cell is, by motion (see `MapTables`); others are remembered ones. */
function hintSources(config: MapConfig): Int32Array {
  let sources = tablesOf.get(config);
  if (!sources) tablesOf.set(config, (sources = mapTables(mapGeometry(config)).hint));
  return sources;
}

/**
 * Puts wrong patches into the frame that the world goes on from, and into what is remembered, so that it learns to mend what it did wrong
 * itself.
 */
function spoil(
  inputs: ContextInputs,
  row: number,
  transitions: Transitions,
  n: number,
  config: PatchesConfig,
  random: JumpableRandomGenerator,
): void {
  const cells = cellCount(config);
  const rate = mostWrong * uniformFloat64(random);
  const motion = transitions.labels.motions[n]!;
  const sources = isByPose(config) ? undefined : hintSources(config);
  const sourceOf = (cell: number): number =>
    sources?.[motion * cells + cell] ??
    (inputs.freshness[row * cells + cell] === freshness.last ? cell : cells);
  const wrong = new Map<number, number>();
  for (let cell = 0; cell < cells; cell++) {
    if (uniformFloat64(random) < rate) wrong.set(cell, someCode(transitions, random) + 1);
  }
  for (const [cell, code] of wrong) inputs.last[row * cells + cell] = code;
  for (let cell = 0; cell < cells; cell++) {
    const source = sourceOf(cell);
    const code = wrong.get(source);
    if (code !== undefined && source < cells) inputs.hint[row * cells + cell] = code;
    else if (source >= cells && inputs.hint[row * cells + cell] !== 0 && uniformFloat64(random) < rate) {
      inputs.hint[row * cells + cell] = someCode(transitions, random) + 1;
    }
  }
  const { recalled } = inputs;
  if (!recalled) return;
  const size = recalled.length / batch;
  for (let i = row * size; i < (row + 1) * size; i++) {
    if (recalled[i] !== 0 && uniformFloat64(random) < rate) recalled[i] = someCode(transitions, random) + 1;
  }
}

/** Runs a function when it is first asked for. */
function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= compute());
}
