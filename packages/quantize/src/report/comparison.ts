import type { KvCacheBits } from '@snowglobe/model';
import type { ExecutorKind } from '@snowglobe/graph';
import type { QuantizationStudy } from '../study/study.js';
import type { QuantizedWorld, SchemeFigures, WorldFigures } from '../study/figures.js';
import type { Speed } from '../measure/speed.js';
import type { Plan } from '../world/plan.js';
import { withKvCache } from '../world/plan.js';
import { allSchemes } from '../schemes/registry.js';

/** Schemes beside the float world. */
export interface Comparison {
  readonly world: string;
  readonly comparedWith: 'recordings' | 'own play';
  readonly float: WorldFigures & Partial<Speed>;
  readonly schemes: readonly SchemeFigures[];
}

/** Algorithms that are also tried with the most usual scheme, so that they can be told apart. */
const tried = ['rtn', 'mse', 'hqq', 'awq', 'gptq', 'rotate+gptq'];
const usual = 'w4a16-g32';

/** Which plans are compared. */
export interface ToCompare {
  /** Names of schemes. By default all of them, the usual one with all algorithms, and that one with a KV cache of eight bits. */
  readonly schemes?: readonly string[] | undefined;
  readonly algorithm: string;
  /** Each is also measured with keys and values in so many bits. */
  readonly kvCache?: KvCacheBits | undefined;
}

/** Plans of the same scheme for every layer. */
export function plansToCompare(study: QuantizationStudy, { schemes, algorithm, kvCache }: ToCompare): Plan[] {
  const uniform = (scheme: string, by = algorithm): Plan => study.uniform(scheme, by);
  const named = schemes ?? allSchemes().map(({ name }) => name);
  const plans = named.map((scheme) => uniform(scheme));
  if (!schemes) {
    plans.push(...tried.map((each) => uniform(usual, each)));
    const rounded = allSchemes().filter((scheme) => scheme.format(64).activationBits);
    plans.push(...rounded.map(({ name }) => uniform(name, 'smoothquant+gptq')));
    if (study.fitsKvCache) plans.push(withKvCache(uniform(usual), 8));
  }
  const all = plans.flatMap((plan) => (kvCache ? [plan, withKvCache(plan, kvCache)] : [plan]));
  return [...new Map(all.map((plan) => [plan.name, plan])).values()];
}

/**
 * Quantizes and measures a world by each plan, and measures those that are quantized already.
 * @param executors that it is played on for its speed; none is quickest
 */
export async function compare(
  study: QuantizationStudy,
  worlds: readonly (Plan | QuantizedWorld)[],
  { world, executors }: { readonly world: string; readonly executors: readonly ExecutorKind[] },
): Promise<Comparison> {
  const speed = (file?: QuantizedWorld['file']): Promise<Partial<Speed>> =>
    executors.length > 0 ? study.speed(executors, file) : Promise.resolve({});
  const float = { ...(await study.float()), ...(await speed()) };
  const schemes: SchemeFigures[] = [];
  for (const each of worlds) {
    const quantized = 'file' in each ? each : await study.quantize(each);
    schemes.push({ ...(await study.measure(quantized)), ...(await speed(quantized.file)) });
  }
  return { world, comparedWith: study.comparedWith, float, schemes };
}
