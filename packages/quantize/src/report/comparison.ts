import type { ExecutorKind } from '@snowglobe/runtime';
import type { Laboratory, QuantizedWorld, SchemeFigures, WorldFigures } from '../laboratory/laboratory.js';
import type { Speed } from '../measure/speed.js';
import type { Plan } from '../plan/plan.js';
import { allSchemes } from '../schemes/registry.js';

/** Schemes beside the float world. */
export interface Comparison {
  readonly world: string;
  readonly comparedWith: 'recordings' | 'own play';
  readonly float: WorldFigures & Partial<Speed>;
  readonly schemes: readonly SchemeFigures[];
}

/** Algorithms that `compareAll` also tries with the most usual scheme, so that they can be told apart. */
const tried = ['rtn', 'mse', 'hqq', 'awq', 'gptq', 'rotate+gptq'];
const usual = 'w4a16-g32';

/**
 * Every scheme with one algorithm, and the usual one with all algorithms.
 * @param algorithm default `gptq`
 */
export function plansToCompare(laboratory: Laboratory, algorithm = 'gptq'): Plan[] {
  const plans = allSchemes().map(({ name }) => laboratory.uniform(name, algorithm));
  const others = tried.filter((each) => each !== algorithm).map((each) => laboratory.uniform(usual, each));
  const activations = allSchemes()
    .filter((scheme) => scheme.format(64).activationBits)
    .map(({ name }) => laboratory.uniform(name, 'smoothquant+gptq'));
  return [...plans, ...others, ...activations];
}

/**
 * Quantizes and measures a world by each plan.
 * @param executors that it is played on for its speed; none is quickest
 */
export async function compare(
  laboratory: Laboratory,
  plans: readonly Plan[],
  { world, executors }: { readonly world: string; readonly executors: readonly ExecutorKind[] },
): Promise<Comparison> {
  const speed = (file?: QuantizedWorld['file']): Promise<Partial<Speed>> =>
    executors.length > 0 ? laboratory.speed(executors, file) : Promise.resolve({});
  const float = { ...(await laboratory.float()), ...(await speed()) };
  const schemes: SchemeFigures[] = [];
  for (const plan of plans) {
    const quantized = await laboratory.quantize(plan);
    schemes.push({ ...(await laboratory.measure(quantized)), ...(await speed(quantized.file)) });
  }
  return { world, comparedWith: laboratory.comparedWith, float, schemes };
}
