import type { Tensor } from '@snowglobe/graph';
import { attention, concat, pointwise as p, reshape, split, transpose } from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';
import { norm } from '../layers/norm.js';
import type { Rotation } from '../layers/rotary.js';
import { rotate } from '../layers/rotary.js';
import { feedForward, headNorm, transformerBlock } from '../layers/transformer.js';

/**
 * Shapes: B batch, T frames, N positions of a frame, C channels, R frames in the KV ring.
 *
 * A spatiotemporal transformer (Bruce et al. 2024, section 2) that looks at every frame twice: as it is, which is what
 * later frames remember, and with tokens masked, which is what has to be guessed. Both views share all weights. A masked
 * frame sees the true past and itself, exactly as in play, where the past's keys and values are computed once and reused
 * over all refinement steps.
 */
export interface SpacetimeConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** Keys and values of past frames, a layer: (B, R, N, C) each. */
export interface LayerMemory {
  readonly keys_BRNC: Tensor;
  readonly values_BRNC: Tensor;
}

/** Hides a key from a query. Large, but far from overflowing when added to a score. */
const hidden = -1e9;

/**
 * Training: true and masked views of T frames -> features of the masked view (B, T, N, C), where frame t has seen the
 * true frames before it and itself masked.
 * @param keep what later frames find of keys or values (…, C), where a KV cache rounds them; a frame's own are never rounded
 */
export function trainSpacetime(
  true_BTNC: Tensor,
  masked_BTNC: Tensor,
  rotation: Rotation,
  config: SpacetimeConfig,
  keep?: (x: Tensor) => Tensor,
): Tensor {
  const { builder, shape } = true_BTNC;
  const [batch, frames] = shape as [number, number, number, number];
  // Keys are the true frames, then a frame's own: query t sees true frames before t, and own frame t.
  const bias = builder.constant(
    Float32Array.from({ length: frames * 2 * frames }, (_, i) => {
      const [query, key] = [Math.floor(i / (2 * frames)), i % (2 * frames)];
      return (key < frames ? key < query : key - frames === query) ? 0 : hidden;
    }),
    [frames, 2 * frames],
  );
  let views = concat([true_BTNC, masked_BTNC], 0);
  for (let layer = 0; layer < config.layers; layer++) {
    views = builder.scope(`layer${layer}`, () => {
      const x = mixSpace(views, config);
      const [q, k, v] = timeProjections(x, byPosition, rotation, config);
      const [trueQ, maskedQ] = halves(q);
      const [trueK, maskedK] = halves(k);
      const [trueV, maskedV] = halves(v);
      const [pastK, pastV] = keep ? [keep(trueK), keep(trueV)] : [trueK, trueV];
      const beside = (q: Tensor, ownK: Tensor, ownV: Tensor): Tensor =>
        attention(q, concat([pastK, ownK], 1), concat([pastV, ownV], 1), { heads: config.heads, bias });
      const remembered = keep
        ? beside(trueQ, trueK, trueV)
        : attention(trueQ, trueK, trueV, { heads: config.heads, causal: true });
      const guessed = beside(maskedQ, maskedK, maskedV);
      return finishLayer(x, byFrame(concat([remembered, guessed], 0), x.shape), config);
    });
  }
  return split(finishSpacetime(views), 0, [batch, batch])[1]!;
}

/**
 * Play: one frame x (B, 1, N, C), true or masked, beside the ring of true frames before it.
 * @param bias_R1 (R + 1), or (B · N, 1, R + 1) of worlds apart: 0 for ring slots in use and for the frame itself (last), large and
 * negative for others
 */
export function stepSpacetime(
  x_B1NC: Tensor,
  memory: readonly LayerMemory[],
  bias_R1: Tensor,
  rotation: Rotation,
  config: SpacetimeConfig,
): { readonly features_B1NC: Tensor; readonly memories: readonly LayerMemory[] } {
  const { builder, shape } = x_B1NC;
  const [batch, , positions, width] = shape as [number, number, number, number];
  const memories: LayerMemory[] = [];
  let x = x_B1NC;
  memory.forEach(({ keys_BRNC, values_BRNC }, layer) => {
    x = builder.scope(`layer${layer}`, () => {
      const mixed = mixSpace(x, config);
      const [q, k, v] = timeProjections(mixed, byPosition, rotation, config);
      const own = (y: Tensor): Tensor => reshape(y, [batch, 1, positions, width]);
      memories.push({ keys_BRNC: own(k), values_BRNC: own(v) });
      const keys = concat([byPosition(keys_BRNC), k], 1);
      const values = concat([byPosition(values_BRNC), v], 1);
      const seen = attention(q, keys, values, { heads: config.heads, bias: bias_R1 });
      return finishLayer(mixed, byFrame(seen, mixed.shape), config);
    });
  });
  return { features_B1NC: finishSpacetime(x), memories };
}

/** Attention among the positions of each frame, then a feed-forward part. */
export function mixSpace(x_BTNC: Tensor, { heads }: SpacetimeConfig): Tensor {
  const [batch, frames, positions, width] = x_BTNC.shape as [number, number, number, number];
  const perFrame = reshape(x_BTNC, [batch * frames, positions, width]);
  return reshape(transformerBlock(perFrame, 'space', { heads }).x_BND, x_BTNC.shape);
}

/**
 * Queries, keys and values over time, (G, L, C) each.
 * @param arrange (B, T, N, C) -> (G, L, C): what sees one another in rows, of which `rotation` has L
 */
export function timeProjections(
  x_BTNC: Tensor,
  arrange: (x_BTNC: Tensor) => Tensor,
  rotation: Rotation,
  { heads, width }: SpacetimeConfig,
): [Tensor, Tensor, Tensor] {
  return x_BTNC.builder.scope('time', () => {
    const projected = linear(norm(x_BTNC, 'norm'), 'qkv', 3 * width, { bias: false });
    const [q, k, v] = split(projected, 3, [width, width, width]).map(arrange) as [Tensor, Tensor, Tensor];
    return [rotate(headNorm(q, heads), rotation, heads), rotate(headNorm(k, heads), rotation, heads), v];
  });
}

/** What was seen over time (B, T, N, C) joins the features, then a feed-forward part. */
export function finishLayer(x_BTNC: Tensor, seen_BTNC: Tensor, { width }: SpacetimeConfig): Tensor {
  return x_BTNC.builder.scope('time', () => {
    const y = p.add(x_BTNC, linear(seen_BTNC, 'out', width, { bias: false }));
    return p.add(y, feedForward(norm(y, 'mlpNorm')));
  });
}

/** The norm after the last layer. */
export function finishSpacetime(x_BTNC: Tensor): Tensor {
  return x_BTNC.builder.scope('out', () => norm(x_BTNC, 'norm'));
}

/** (B, T, N, C) -> (B·N, T, C). */
function byPosition(x_BTNC: Tensor): Tensor {
  const [batch, frames, positions, width] = x_BTNC.shape as [number, number, number, number];
  return reshape(transpose(x_BTNC, [0, 2, 1, 3]), [batch * positions, frames, width]);
}

/** (B·N, T, C) -> (B, T, N, C), undoing `byPosition`. */
function byFrame(x: Tensor, shape_BTNC: readonly number[]): Tensor {
  const [batch, frames, positions, width] = shape_BTNC as [number, number, number, number];
  return transpose(reshape(x, [batch, positions, frames, width]), [0, 2, 1, 3]);
}

function halves(x: Tensor): [Tensor, Tensor] {
  const half = x.shape[0]! / 2;
  return split(x, 0, [half, half]) as [Tensor, Tensor];
}
