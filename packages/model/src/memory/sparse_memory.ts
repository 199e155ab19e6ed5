import type { Tensor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import type { BlockRows } from '@snowglobe/kernels';
import {
  attention,
  concat,
  gatherRows,
  mean,
  pointwise as p,
  reshape,
  ringPriority,
  selectBlocks,
  slice,
  sparseAttention,
  split,
} from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';
import { norm } from '../layers/norm.js';
import type { Rotation } from '../layers/rotary.js';
import { headNorm } from '../layers/transformer.js';
import { parameter } from '../parameter.js';
import type { DynamicsConfig, SparseMemoryConfig } from './config.js';
import type { LayerMemory, SpacetimeConfig } from './spacetime.js';
import { finishLayer, finishSpacetime, mixSpace, timeProjections } from './spacetime.js';

/**
 * Shapes: B batch, T frames of a training window, N positions of a frame, C channels, R frames in the ring, F frames that
 * are looked at.
 *
 * A long memory that costs the same however long it is: of all remembered frames each frame looks at a few, all positions
 * of them. Frames are blocks of keys; which ones is decided once a frame, before its codes are known, and holds for all
 * layers and refinement steps: the newest frames and the first one always, and those whose mean key goes best with the mean
 * query of a gate (mean-pooled keys and top-k as in MoBA, Lu et al. 2025; chosen once for many layers as in GLM-5). The
 * gate learns through a second road to the past, an attention to one summary a frame (the compressed branch of NSA, Yuan
 * et al. 2025), which also tells roughly what was in the frames that are not looked at.
 */

/** What a frame looks for, and what later frames find it by. Known before its codes. */
export interface Gate {
  /** (B, T, N, C) */
  readonly queries_BTNC: Tensor;
  /** (B, T, C): mean over the positions of each frame. */
  readonly keys_BTC: Tensor;
}

/** Summaries of remembered frames. */
export interface PooledFrames {
  /** (B, R, C) each */
  readonly keys_BRC: Tensor;
  readonly values_BRC: Tensor;
}

const hidden = -1e9;
const always = 1e6;
/** Before everything else: a frame always sees itself. */
const own = 1e7;

/** @param context_BTNC what surrounds the codes, see `embedContext` */
export function gateOf(context_BTNC: Tensor, { width, heads }: SpacetimeConfig): Gate {
  return context_BTNC.builder.scope('gate', () => {
    const projected = linear(norm(context_BTNC, 'norm'), 'qk', 2 * width, { bias: false });
    const [q, k] = split(projected, 3, [width, width]) as [Tensor, Tensor];
    return { queries_BTNC: headNorm(q, heads), keys_BTC: mean(headNorm(k, heads), 2) };
  });
}

/** What later frames are told of a frame that they do not look at: (B, T, N, C) -> (B, T, C). */
export function summarize(x_BTNC: Tensor, { width }: SpacetimeConfig): Tensor {
  return x_BTNC.builder.scope('gate', () => linear(mean(x_BTNC, 2), 'summary', width, { bias: false }));
}

/**
 * What the summaries of the past say to each position: (B, T, N, C), to be added to the frame's features.
 * @param bias 0 for summaries that are seen and large and negative for others: (R) for all queries or (T · N, R)
 */
export function attendPooled(
  { queries_BTNC }: Pick<Gate, 'queries_BTNC'>,
  { keys_BRC, values_BRC }: PooledFrames,
  bias: Tensor,
  { width, heads }: SpacetimeConfig,
): Tensor {
  const { builder, shape } = queries_BTNC;
  const [batch, frames, positions] = shape as [number, number, number, number];
  return builder.scope('gate', () => {
    // Something to look at where there is no past yet, and where none of it matters.
    const zeros = builder.constant(new Float32Array(batch * width), [batch, 1, width]);
    const nothing = p.add(parameter(builder, 'nothing', [width], { kind: 'zeros' }), zeros);
    const rows = bias.shape.length === 1 ? [1] : [bias.shape[0]!, 1];
    const seen = builder.constant(new Float32Array(rows[0]!), rows);
    const mixed = attention(
      reshape(queries_BTNC, [batch, frames * positions, width]),
      concat([keys_BRC, nothing], 1),
      concat([values_BRC, zeros], 1),
      { heads, bias: concat([bias, seen], bias.shape.length - 1) },
    );
    return reshape(linear(mixed, 'out', width, { bias: false }), shape);
  });
}

/** The bias of `attendPooled` in a window of T frames, where each sees those before it: (T · N, T). */
export function pooledMask(
  { builder }: Pick<Tensor, 'builder'>,
  frames: number,
  positions: number,
  memory: number,
): Tensor {
  const values = Float32Array.from({ length: frames * positions * frames }, (_, i) => {
    const [frame, past] = [Math.floor(i / frames / positions), i % frames];
    return isRemembered(frame, past, memory) ? 0 : hidden;
  });
  return builder.constant(values, [frames * positions, frames]);
}

/** The ring holds the first frame and the newest others. */
function isRemembered(frame: number, past: number, memory: number): boolean {
  return past < frame && (past === 0 || frame - past < memory);
}

/**
 * Training: true and masked views of T frames -> features of the masked view (B, T, N, C). As `trainSpacetime`, but frame
 * t sees the positions of the chosen frames before it, and of itself.
 * @param rotation of T · N rows: positions of a frame are turned alike
 * @param keep see `trainSpacetime`
 */
export function trainSparseMemory(
  true_BTNC: Tensor,
  masked_BTNC: Tensor,
  gate: Gate,
  rotation: Rotation,
  config: DynamicsConfig & { readonly lookback: SparseMemoryConfig },
  keep?: (x: Tensor) => Tensor,
): Tensor {
  const { builder, shape } = true_BTNC;
  const [batch, frames, positions, width] = shape as [number, number, number, number];
  const rows = selectInWindow(gate, config, keep !== undefined);
  const together = (x: Tensor): Tensor => reshape(x, [-1, frames * positions, width]);
  // Both views of a batch item beside each other, as its keys are: true frames, then masked ones.
  const beside = (x: Tensor): Tensor => concat(split(x, 0, [batch, batch]), 1);
  let views = concat([true_BTNC, masked_BTNC], 0);
  for (let layer = 0; layer < config.layers; layer++) {
    views = builder.scope(`layer${layer}`, () => {
      const x = mixSpace(views, config);
      const [q, k, v] = timeProjections(x, together, rotation, config).map(beside) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const withKept = (own: Tensor): Tensor =>
        keep ? concat([keep(slice(own, 1, 0, frames * positions)), own], 1) : own;
      const mixed = sparseAttention(q, withKept(k), withKept(v), {
        ...rows,
        ...{ heads: config.heads, queryBlock: positions, keyBlock: positions },
      });
      const half = frames * positions;
      const apart = concat(split(mixed, 1, [half, half]), 0);
      return finishLayer(x, reshape(apart, x.shape), config);
    });
  }
  return split(finishSpacetime(views), 0, [batch, batch])[1]!;
}

/**
 * Blocks for 2 T frames, true and masked: each sees the chosen ones of the true frames before it, and itself.
 * @param kept whether keys begin with the true frames as they are remembered, before those that frames see of themselves
 */
function selectInWindow(
  { queries_BTNC, keys_BTC }: Gate,
  { memory, lookback }: DynamicsConfig & { readonly lookback: SparseMemoryConfig },
  kept: boolean,
): BlockRows {
  const { builder, shape } = queries_BTNC;
  const [batch, frames, positions, width] = shape as [number, number, number, number];
  const queries = reshape(queries_BTNC, [batch, frames * positions, width]);
  const keys = kept ? 3 * frames : 2 * frames;
  const others = [batch, keys - frames, width];
  const priority = Float32Array.from({ length: 2 * frames * keys }, (_, i) => {
    const [row, key] = [Math.floor(i / keys), i % keys];
    const frame = row % frames;
    if (key === row + keys - 2 * frames) return own;
    if (key >= frames || !isRemembered(frame, key, memory)) return hidden;
    return key === 0 || frame - key <= lookback.recent ? always : 0;
  });
  return selectBlocks(
    concat([queries, queries], 1),
    concat([keys_BTC, builder.constant(new Float32Array(sizeOf(others)), others)], 1),
    builder.constant(priority, [2 * frames, keys]),
    { queryBlock: positions, keep: Math.min(lookback.frames, frames - 1) + 1 },
  );
}

/** Which frames of the ring a frame of play looks at. */
export interface Retrieval {
  /** i32 (F, B): rows of a ring (R · B, …) in which each slot holds the rows of all worlds. */
  readonly rows_FB: Tensor;
  /** (F): 0 for frames that are there, large and negative for the rest of the list. */
  readonly bias_F: Tensor;
  /** (R): the same for all frames of the ring. */
  readonly bias_R: Tensor;
}

/**
 * Play: chooses from the ring, once for all layers and refinement steps.
 * @param gate of one frame
 * @param keys_BRC mean keys of the ring's frames
 * @param newest i32 (1): number of the newest frame in the ring; -1 while there is none
 */
export function chooseRetrieved(
  { queries_BTNC }: Gate,
  keys_BRC: Tensor,
  newest: Tensor,
  { lookback }: { readonly lookback: SparseMemoryConfig },
): Retrieval {
  const { builder, shape } = queries_BTNC;
  const [batch, , positions, width] = shape as [number, number, number, number];
  const memory = keys_BRC.shape[1]!;
  const { frames, recent } = lookback;
  const priority = ringPriority(newest, memory, recent);
  const { indptr, indices } = selectBlocks(
    reshape(queries_BTNC, [batch, positions, width]),
    keys_BRC,
    priority,
    { queryBlock: positions, keep: frames },
  );
  // All worlds remember equally many frames, so their lists are equally long: count, one after another.
  const count = slice(indptr, 0, 1, 2);
  const numbers = (length: number, of = (i: number) => i): Int32Array =>
    Int32Array.from({ length }, (_, i) => of(i));
  const places = p.add(
    builder.constant(numbers(frames), [frames, 1]),
    p.mul(count, builder.constant(numbers(batch), [1, batch])),
  );
  const last = builder.constant(Int32Array.of(frames * batch - 1), [1]);
  const slots = gatherRows(reshape(indices, [frames * batch, 1]), p.min(places, last));
  const world = builder.constant(numbers(batch), [batch]);
  const perSlot = builder.constant(Int32Array.of(batch), [1]);
  const absent = p.sub(1, p.less(builder.constant(numbers(frames), [frames]), count));
  return {
    rows_FB: p.add(p.mul(reshape(slots, [frames, batch]), perSlot), world),
    bias_F: p.mul(absent, hidden),
    bias_R: p.mul(p.less(priority, hidden / 2), hidden),
  };
}

/**
 * The chosen frames of a layer: (B, F, N, C).
 * @param ring rows (R · B, N · C), and how to read some of them
 */
export function retrieve(
  ring: { read(rows: Tensor): Tensor },
  { rows_FB }: Retrieval,
  positions: number,
): Tensor {
  const [frames, batch] = rows_FB.shape as [number, number];
  const parts = Array.from({ length: batch }, (_, world) => {
    const rows = ring.read(reshape(slice(rows_FB, 1, world, world + 1), [frames]));
    return reshape(rows, [1, frames, positions, rows.shape[1]! / positions]);
  });
  return concat(parts, 0);
}

/**
 * Play: one frame x (B, 1, N, C), true or masked, beside the chosen frames.
 * @param bias_F see `Retrieval`
 * @param rotation of N rows, all alike
 */
export function stepSparseMemory(
  x_B1NC: Tensor,
  chosen: readonly LayerMemory[],
  bias_F: Tensor,
  rotation: Rotation,
  config: SpacetimeConfig,
): { readonly features_B1NC: Tensor; readonly memories: readonly LayerMemory[] } {
  const { builder, shape } = x_B1NC;
  const [batch, , positions, width] = shape as [number, number, number, number];
  const frames = bias_F.shape[0]!;
  const perPosition = builder.constant(new Float32Array(positions), [1, positions]);
  const bias = concat(
    [
      reshape(p.add(reshape(bias_F, [frames, 1]), perPosition), [frames * positions]),
      reshape(perPosition, [positions]),
    ],
    0,
  );
  const flat = (y: Tensor): Tensor => reshape(y, [batch, -1, width]);
  const memories: LayerMemory[] = [];
  let x = x_B1NC;
  chosen.forEach(({ keys_BRNC, values_BRNC }, layer) => {
    x = builder.scope(`layer${layer}`, () => {
      const mixed = mixSpace(x, config);
      const [q, k, v] = timeProjections(mixed, flat, rotation, config);
      memories.push({ keys_BRNC: reshape(k, shape), values_BRNC: reshape(v, shape) });
      const keys = concat([flat(keys_BRNC), k], 1);
      const values = concat([flat(values_BRNC), v], 1);
      return finishLayer(
        mixed,
        reshape(attention(q, keys, values, { heads: config.heads, bias }), shape),
        config,
      );
    });
  });
  return { features_B1NC: finishSpacetime(x), memories };
}
