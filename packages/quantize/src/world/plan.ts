import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { parseEditedJson } from '@snowglobe/media/internal';
import type { KvCacheBits } from '@snowglobe/model';
import * as v from 'valibot';
import { parseAlgorithm } from '../algorithms/algorithm.js';
import { schemeNamed } from '../schemes/registry.js';

/** How one layer is quantized. */
export interface LayerPlan {
  readonly scheme: string;
  /** See `parseAlgorithm`. */
  readonly algorithm: string;
}

/** How a world is quantized: plain data, to be saved, edited and applied. Layers that are not in it stay floats. */
export interface Plan {
  /** What reports call it: what it does, see `planOf`. A file need not say. */
  readonly name: string;
  /** By the name of the layer's variable. */
  readonly layers: Readonly<Record<string, LayerPlan>>;
  /** Bits of the keys and values that play remembers; default: floats. */
  readonly kvCache?: KvCacheBits;
}

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const schema = v.strictObject({
  format: v.literal('snowglobe-quantization-plan'),
  version: v.literal(1),
  name: v.optional(text),
  kvCache: v.optional(v.strictObject({ bits: v.literal(8) })),
  layers: v.record(text, v.strictObject({ scheme: text, algorithm: text })),
});

/** A plan as JSON text, without its name: what is edited would not go by it any more. */
export function encodePlan({ layers, kvCache }: Plan): string {
  const kept = { ...(kvCache && { kvCache: { bits: kvCache } }), layers };
  return `${JSON.stringify({ format: 'snowglobe-quantization-plan', version: 1, ...kept }, null, 2)}\n`;
}

/**
 * Reads a plan.
 * @param json the file, or its text
 * @param layers of the world that it is for
 * @param source the file in words, for messages
 * @throws SnowglobeError naming the field, the layer, the scheme or the algorithm that is wrong
 */
export function parsePlan(
  json: Uint8Array | string,
  layers: ReadonlyMap<string, unknown>,
  source: string,
): Plan {
  const value = parseEditedJson(json, source, 'use a plan that --save-plan wrote.');
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    throw new SnowglobeError(
      `${source}: ${describeIssue(result.issues[0])}; use a plan that --save-plan wrote, or correct the field.`,
    );
  }
  const { name, kvCache, layers: planned } = result.output;
  for (const [layer, { scheme, algorithm }] of Object.entries(planned)) {
    if (!layers.has(layer)) {
      throw new SnowglobeError(
        `${source}: it plans '${layer}', which this world does not have; its layers are ${[...layers.keys()].join(', ')}.`,
      );
    }
    try {
      schemeNamed(scheme);
      parseAlgorithm(algorithm);
    } catch (error) {
      throw new SnowglobeError(`${source}: ${layer}: ${(error as Error).message}`, { cause: error });
    }
  }
  const plan = planOf(planned);
  return withKvCache({ ...plan, name: name ?? plan.name }, kvCache?.bits);
}

/** A plan that is named by what it does: `w4a16-g32 gptq`, `mixed nf4-g64 + w8a16`. */
export function planOf(layers: Plan['layers']): Plan {
  const ways = [...new Set(Object.values(layers).map(({ scheme, algorithm }) => `${scheme} ${algorithm}`))];
  const schemes = [...new Set(Object.values(layers).map(({ scheme }) => scheme))].sort();
  const name = ways.length > 1 ? `mixed ${schemes.join(' + ')}` : (ways[0] ?? 'float');
  return { name, layers };
}

/** The same plan with keys and values in so many bits: `w4a16-g32 gptq kv8`. */
export function withKvCache(plan: Plan, kvCache: KvCacheBits | undefined): Plan {
  return kvCache && !plan.kvCache ? { ...plan, name: `${plan.name} kv${kvCache}`, kvCache } : plan;
}

/** The same scheme for every layer. */
export function uniformPlan(layers: Iterable<string>, scheme: string, algorithm: string): Plan {
  return planOf(Object.fromEntries([...layers].map((name) => [name, { scheme, algorithm }])));
}
