import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { concat, pointwise as p, reshape, ringMask, slice } from '@snowglobe/kernels';
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
 * @param kvCache see `FrameOptions`
 * @throws SnowglobeError for heads that cannot be kept in so many bits
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
    return longMemory(builder, { ...dynamics, lookback }, batch, positions, time, newest, format);
  }

  const size = batch * positions * dynamics.width;
  const rings = layerRings(builder, dynamics, [dynamics.memory, size], format);
  const mask = ringMask(newest, dynamics.memory, dynamics.memory);
  const bias = concat([mask, builder.constant(new Float32Array(1), [1])], 0);
  const rotation = rotationAt(time.turn, dynamics.width / dynamics.heads, rotaryPeriod(dynamics.memory));
  const memory: LayerMemory[] = rings.map(({ keys, values }) => ({
    keys_BRNC: fromRing(keys.read(), batch, positions),
    values_BRNC: fromRing(values.read(), batch, positions),
  }));
  return {
    open: () => ({
      look: (x) => stepSpacetime(x, memory, bias, rotation, dynamics),
      remember: (_, memories) => writeRings(rings, memories, (fresh) => reshape(fresh, [1, size]), time.slot),
    }),
  };
}

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
