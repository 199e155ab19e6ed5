import type { GraphBuilder, Shape, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { concat, pointwise as p, reshape, ringMask, slice } from '@snowglobe/kernels';
import { ofEach } from '../layers/of_each.js';
import { rotaryPeriod, rotationAt } from '../layers/rotary.js';
import type { DynamicsConfig, SparseMemoryConfig } from './config.js';
import type { KvCacheBits } from './kv_cache.js';
import {
  chooseRetrieved,
  gateOf,
  retrieve,
  attendPooled,
  stepSparseMemory,
  summarize,
} from './sparse_memory.js';
import type { TimeStep } from './time_step.js';
import type { RingFormat } from './rings.js';
import { layerRings, ringFormat, ringPair, writeRings } from './rings.js';
import type { LayerMemory } from './spacetime.js';
import { stepSpacetime } from './spacetime.js';

/**
 * Shapes: B worlds played at once, N positions of codes, R remembered frames, F frames that are looked at, C width of
 * the dynamics.
 *
 * What play remembers of the frames that it sampled: keys and values of each, in a ring on the device. Rings of bytes are read
 * once a frame, for all refinement steps, and of a long memory only the chosen frames.
 */
export interface OpenedMemory {
  /** Features (B, 1, N, C) of a frame, true or masked, which has looked at the past; and what the ring would keep of it. */
  look(x_B1NC: Tensor): { readonly features_B1NC: Tensor; readonly memories: readonly LayerMemory[] };
  /**
   * Puts the frame into the ring.
   * @param x_B1NC what was given to `look`
   */
  remember(x_B1NC: Tensor, memories: readonly LayerMemory[]): void;
}

/**
 * Rings of all layers and what reads them. Called in the scope of the state; `open` in that of the dynamics.
 * @param time of all worlds, or of each where they are apart
 * @param kvCache see `FrameOptions`
 * @throws SnowglobeError for heads that cannot be kept in so many bits, and for worlds apart with a long memory
 */
export function playMemory(
  builder: GraphBuilder,
  dynamics: DynamicsConfig,
  positions: number,
  batch: number,
  time: TimeStep,
  kvCache?: KvCacheBits,
): { open(context_B1NC: Tensor): OpenedMemory } {
  const newest = p.sub(time.position, builder.constant(Int32Array.of(1), [1]));
  const { lookback } = dynamics;
  const format = ringFormat(dynamics, kvCache);
  if (lookback) {
    if (batch > 1 && time.position.shape[0]! > 1) {
      throw new SnowglobeError(
        `play: worlds apart cannot look through ${dynamics.memory} frames each, as all of them must have seen equally many; step one after the other.`,
      );
    }
    return longMemory(builder, { ...dynamics, lookback }, batch, positions, time, newest, format);
  }

  const { memory: frames, width, heads } = dynamics;
  // One ring a world, one below the other.
  const rings = layerRings(builder, dynamics, [batch * frames, positions * width], format);
  const { bias, turns } = timeOfPositions(time, newest, { batch, positions, frames });
  const rotation = rotationAt(turns, width / heads, rotaryPeriod(frames));
  const shape = [batch, frames, positions, width];
  const memory: LayerMemory[] = rings.map(({ keys, values }) => ({
    keys_BRNC: reshape(keys.read(), shape),
    values_BRNC: reshape(values.read(), shape),
  }));
  const starts = Int32Array.from({ length: batch }, (_, world) => world * frames);
  const rows_B = batch === 1 ? time.slot : p.add(time.slot, builder.constant(starts, [batch]));
  const asRows = (fresh: Tensor): Tensor => reshape(fresh, [batch, positions * width]);
  return {
    open: () => ({
      look: (x) => stepSpacetime(x, memory, bias, rotation, dynamics),
      remember: (_, memories) => writeRings(rings, memories, asRows, rows_B),
    }),
  };
}

interface RingShape {
  readonly batch: number;
  readonly positions: number;
  /** That are remembered: R. */
  readonly frames: number;
}

/**
 * What `stepSpacetime` is told of time.
 * @param newest i32: the newest frame in the ring, or in that of each world; -1 while there is none
 * @returns turns i32 of each row of its rotation, and its bias
 */
function timeOfPositions(
  { turn }: TimeStep,
  newest: Tensor,
  { batch, positions, frames }: RingShape,
): { readonly bias: Tensor; readonly turns: Tensor } {
  const { builder } = newest;
  if (newest.shape[0] === 1) {
    const mask = ringMask(newest, frames, frames);
    return { bias: concat([mask, builder.constant(new Float32Array(1), [1])], 0), turns: turn };
  }
  const zeros = (kind: Int32ArrayConstructor | Float32ArrayConstructor, shape: Shape): Tensor =>
    builder.constant(new kind(sizeOf(shape)), shape);
  const slots = builder.constant(
    Int32Array.from({ length: frames }, (_, slot) => slot),
    [1, frames],
  );
  // A ring fills from its first slot on, and then all of it is in use.
  const isUnused_BR = p.toF32(p.greater(slots, ofEach(newest, 2)));
  const mask_BR1 = concat([p.mul(isUnused_BR, hidden), zeros(Float32Array, [batch, 1])], 1);
  const perPosition = [batch, positions, frames + 1];
  const bias_BNR1 = p.add(reshape(mask_BR1, [batch, 1, frames + 1]), zeros(Float32Array, perPosition));
  return {
    bias: reshape(bias_BNR1, [batch * positions, 1, frames + 1]),
    turns: reshape(p.add(ofEach(turn, 2), zeros(Int32Array, [batch, positions])), [batch * positions]),
  };
}

/** Added to scores of slots that are not in use. */
const hidden = -1e9;

function longMemory(
  builder: GraphBuilder,
  dynamics: DynamicsConfig & { readonly lookback: SparseMemoryConfig },
  batch: number,
  positions: number,
  { turn, slot }: TimeStep,
  newest: Tensor,
  format: RingFormat,
): { open(context_B1NC: Tensor): OpenedMemory } {
  const { memory, width, heads } = dynamics;
  const rings = layerRings(builder, dynamics, [memory * batch, positions * width], format);
  const summaries = builder.scope('summaries', () => ringPair(builder, [memory, batch * width]));
  const [keys_BRC, values_BRC] = [summaries.keys, summaries.values].map((ring) =>
    reshape(fromRing(ring.read(), batch, 1), [batch, memory, width]),
  ) as [Tensor, Tensor];
  const alike = builder.constant(new Int32Array(positions), [positions]);
  const rotation = rotationAt(p.add(turn, alike), width / heads, rotaryPeriod(memory));
  const worlds = builder.constant(
    Int32Array.from({ length: batch }, (_, world) => world),
    [batch],
  );
  const rows_B = p.add(p.mul(slot, builder.constant(Int32Array.of(batch), [1])), worlds);
  return {
    open: (context_B1NC) => {
      const gate = gateOf(context_B1NC, dynamics);
      const choice = chooseRetrieved(gate, keys_BRC, newest, dynamics);
      const recalled = attendPooled(gate, { keys_BRC, values_BRC }, choice.bias_R, dynamics);
      const chosen: LayerMemory[] = rings.map(({ keys, values }) => ({
        keys_BRNC: retrieve(keys, choice, positions),
        values_BRNC: retrieve(values, choice, positions),
      }));
      return {
        look: (x) => stepSparseMemory(p.add(x, recalled), chosen, choice.bias_F, rotation, dynamics),
        remember: (x, memories) => {
          writeRings(rings, memories, (fresh) => reshape(fresh, [batch, positions * width]), rows_B);
          const asRow = (fresh: Tensor): Tensor => reshape(fresh, [1, batch * width]);
          summaries.keys.write(asRow(gate.keys_BTC), slot);
          summaries.values.write(asRow(summarize(x, dynamics)), slot);
        },
      };
    },
  };
}

/** (R, B·N·C) -> (B, R, N, C). */
function fromRing(ring: Tensor, batch: number, positions: number): Tensor {
  const [frames, size] = ring.shape as [number, number];
  if (batch === 1) return reshape(ring, [1, frames, positions, size / positions]);
  const parts = Array.from({ length: batch }, (_, b) => {
    const own = size / batch;
    return reshape(slice(ring, 1, b * own, (b + 1) * own), [1, frames, positions, own / positions]);
  });
  return concat(parts, 0);
}
