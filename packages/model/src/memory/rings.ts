import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { dequantizeHeads, gatherRows, quantizeHeads, scatterRows } from '@snowglobe/kernels';
import type { DynamicsConfig } from './config.js';
import type { KvCacheBits } from './kv_cache.js';
import { keptHead } from './kv_cache.js';
import type { LayerMemory } from './spacetime.js';

/** Rows of numbers (rows, D) that outlive a run, of which each run replaces some. */
export interface Ring {
  /** The rows with i32 indices (…), or all of them, as floats: (…, D). */
  read(rows?: Tensor): Tensor;
  /** Puts `fresh` (n, D) into the rows with i32 indices (n). */
  write(fresh: Tensor, rows: Tensor): void;
}

export interface RingPair {
  readonly keys: Ring;
  readonly values: Ring;
}

/** How rings are kept: as floats, or as signed bytes with a scale for each head of so many numbers. */
export interface RingFormat {
  readonly head?: number;
}

/**
 * Heads of what the dynamics remember, when it is to be kept in so many bits.
 * @throws SnowglobeError for heads that are no whole words
 */
export function ringFormat(dynamics: DynamicsConfig, kvCache: KvCacheBits | undefined): RingFormat {
  return kvCache === undefined ? {} : { head: keptHead(dynamics) };
}

/** Rings of keys and values in the present scope: variables `keys` and `values`, of bytes `keyScales` and `valueScales` too. */
export function ringPair(
  builder: GraphBuilder,
  shape: readonly [rows: number, width: number],
  { head }: RingFormat = {},
): RingPair {
  const ring = (name: string): Ring =>
    head === undefined
      ? floatRing(builder.variable(`${name}s`, shape))
      : byteRing(
          builder.variable(`${name}s`, [shape[0], shape[1] / 4], 'u32'),
          builder.variable(`${name}Scales`, [shape[0], shape[1] / head]),
        );
  return { keys: ring('key'), values: ring('value') };
}

/** A pair a layer. */
export function layerRings(
  builder: GraphBuilder,
  { layers }: DynamicsConfig,
  shape: readonly [rows: number, width: number],
  format: RingFormat,
): readonly RingPair[] {
  return Array.from({ length: layers }, (_, layer) =>
    builder.scope(`layer${layer}`, () => ringPair(builder, shape, format)),
  );
}

/** Puts a frame's keys and values, in any shape that fills n rows, into the rows with indices (n) of each layer's rings. */
export function writeRings(
  rings: readonly RingPair[],
  memories: readonly LayerMemory[],
  asRows: (fresh_B1NC: Tensor) => Tensor,
  rows: Tensor,
): void {
  memories.forEach(({ keys_BRNC, values_BRNC }, layer) => {
    rings[layer]!.keys.write(asRows(keys_BRNC), rows);
    rings[layer]!.values.write(asRows(values_BRNC), rows);
  });
}

function floatRing(table: Tensor): Ring {
  return {
    read: (rows) => (rows ? gatherRows(table, rows) : table),
    write: (fresh, rows) => table.builder.assign(table, scatterRows(table, fresh, rows)),
  };
}

function byteRing(packed: Tensor, scales: Tensor): Ring {
  const heads = scales.shape[1]!;
  return {
    read: (rows) =>
      dequantizeHeads(
        rows ? { packed: gatherRows(packed, rows), scales: gatherRows(scales, rows) } : { packed, scales },
      ),
    write(fresh, rows) {
      const bytes = quantizeHeads(fresh, heads);
      packed.builder.assign(packed, scatterRows(packed, bytes.packed, rows));
      scales.builder.assign(scales, scatterRows(scales, bytes.scales, rows));
    },
  };
}
