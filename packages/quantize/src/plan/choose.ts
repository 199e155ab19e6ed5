import { SnowglobeError } from '@snowglobe/graph';
import type { LayerPlan, Plan } from '../world/plan.js';
import { planOf } from '../world/plan.js';

/** One way to quantize a layer, with what it costs. */
export interface LayerOption extends LayerPlan {
  readonly bytes: number;
  /** What all parts of the world lose by it, see `degradationOf`. */
  readonly degradation: number;
  /** The part of it that is the KL divergence of the world's main part, in nats. */
  readonly kl: number;
}

/** The ways to quantize each layer, by its name. */
export type LayerOptions = ReadonlyMap<string, readonly LayerOption[]>;

/** What a plan may cost: bytes of weights, or divergence. */
export interface Budget {
  /** Of the whole file. */
  readonly maxBytes?: number;
  /** Nats a code, as predicted from the layers one by one. */
  readonly maxKl?: number;
  /** Of what is not quantized. */
  readonly otherBytes: number;
}

/** What a plan is expected to cost. */
export interface Expected {
  readonly bytes: number;
  readonly degradation: number;
  readonly kl: number;
}

/**
 * Chooses a way for each layer: all begin with their smallest, then the change that takes away the most degradation a byte is made,
 * as long as bytes are left (`maxBytes`), or until the divergence is small enough (`maxKl`).
 * @throws SnowglobeError when the budget cannot be met, with the smallest that can
 */
export function choosePlan(
  options: LayerOptions,
  { maxBytes = Infinity, maxKl, otherBytes }: Budget,
): { readonly plan: Plan; readonly expected: Expected } {
  const chosen = new Map<string, LayerOption>();
  for (const [name, ways] of options) {
    chosen.set(
      name,
      ways.reduce((a, b) =>
        b.bytes < a.bytes || (b.bytes === a.bytes && b.degradation < a.degradation) ? b : a,
      ),
    );
  }
  const sum = (part: 'bytes' | 'degradation' | 'kl'): number =>
    [...chosen.values()].reduce((total, option) => total + option[part], 0);
  let bytes = sum('bytes') + otherBytes;
  if (bytes > maxBytes) {
    throw tooFewBytes(maxBytes, bytes);
  }
  while (maxKl === undefined || sum('kl') > maxKl) {
    let best: { name: string; option: LayerOption; gain: number } | undefined;
    for (const [name, ways] of options) {
      const now = chosen.get(name)!;
      for (const option of ways) {
        const more = option.bytes - now.bytes;
        const gain = (now.degradation - option.degradation) / Math.max(more, 1);
        if (!(option.degradation < now.degradation) || bytes + more > maxBytes) continue;
        if (!best || gain > best.gain) best = { name, option, gain };
      }
    }
    if (!best) break;
    bytes += best.option.bytes - chosen.get(best.name)!.bytes;
    chosen.set(best.name, best.option);
  }
  if (maxKl !== undefined && sum('kl') > maxKl) {
    throw new SnowglobeError(
      `budget: a divergence of ${maxKl} nats is too small, ${sum('kl').toPrecision(3)} is the smallest that these schemes reach in ${Math.ceil(bytes)} bytes; allow as much, or give finer schemes.`,
    );
  }
  const layers = [...chosen].map(([name, { scheme, algorithm }]): [string, LayerPlan] => [
    name,
    { scheme, algorithm },
  ]);
  return {
    plan: planOf(Object.fromEntries(layers)),
    expected: { bytes, degradation: sum('degradation'), kl: sum('kl') },
  };
}

/** What a budget below the smallest file is refused with. */
export const tooFewBytes = (maxBytes: number, least: number): SnowglobeError =>
  new SnowglobeError(
    `budget: ${maxBytes} bytes are too few, the smallest file with these schemes has ${Math.ceil(least)}; allow as many, or give smaller schemes.`,
  );
