import { SnowglobeError } from '@snowglobe/graph';

/** How weights are turned before they are rounded, and how they are rounded. */
export interface Algorithm {
  /** Its parts joined by +: rotate+gptq. */
  readonly name: string;
  readonly smooth?: 'awq' | 'smoothquant';
  readonly rotate: boolean;
  /** `rtn` takes the plain grid of each group, `mse` searches for the best one. */
  readonly round: 'rtn' | 'mse' | 'hqq' | 'gptq';
}

const smoothings = ['awq', 'smoothquant'] as const;
const roundings = ['rtn', 'mse', 'hqq', 'gptq'] as const;

/** Parts of algorithms, with what they do. */
export const algorithmParts: Readonly<Record<string, string>> = {
  rtn: 'round to nearest',
  mse: 'round to nearest, each group’s range searched for the least squared error',
  hqq: 'half-quadratic: ranges fitted without data, outliers keep their errors',
  gptq: 'errors are made up for by the inputs that come after',
  awq: 'inputs with large activations are enlarged first',
  smoothquant: 'difficulty moves from activations to weights first',
  rotate: 'activations and weights are turned by Hadamard matrices first',
};

/**
 * Reads an algorithm: `gptq`, `awq`, `rotate+gptq`, `smoothquant+rotate+gptq`. Without a way of rounding, `mse`.
 * @throws SnowglobeError listing the parts that there are
 */
export function parseAlgorithm(name: string): Algorithm {
  const parts = name.split('+');
  const refuse = (why: string): never => {
    throw new SnowglobeError(
      `algorithm: '${name}' ${why}; join at most one each of ${smoothings.join(' or ')}, rotate, and ${roundings.join(', ')} by +.`,
    );
  };
  for (const part of parts) {
    if (!Object.hasOwn(algorithmParts, part)) refuse(`has the unknown part '${part}'`);
  }
  const smooth = smoothings.filter((part) => parts.includes(part));
  const round = roundings.filter((part) => parts.includes(part));
  if (new Set(parts).size !== parts.length || smooth.length > 1 || round.length > 1) {
    refuse('has parts that exclude each other');
  }
  return {
    name,
    ...(smooth[0] && { smooth: smooth[0] }),
    rotate: parts.includes('rotate'),
    round: round[0] ?? 'mse',
  };
}

/** Whether it looks at activations. */
export const needsStatistics = ({ smooth, round }: Algorithm): boolean =>
  smooth !== undefined || round === 'gptq';
