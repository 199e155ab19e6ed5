import type { Shape, Tensor, TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { matrixShape } from '@snowglobe/graph/internal';
import { adamw, concat, gradients, pointwise, reshape } from '@snowglobe/kernels';
import type { AdamwOptions, MuonOptions, OptimizerOptions } from '@snowglobe/model';
import { given } from '@snowglobe/runtime/internal';
import { globalNorm } from './clip.js';
import type { OptimizerSettings } from './inputs.js';
import { optimizerInput, optimizerInputs } from './inputs.js';
import { muonDirections } from './muon.js';

/** The optimizer's part of a training graph. */
export interface Optimizer {
  /** Norm of all gradients before clipping: (). */
  readonly gradientNorm: Tensor;
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Names of the parameters that Muon moves. */
  readonly muonParameters: readonly string[];
  readonly settings: OptimizerSettings;
  /**
   * The inputs of the run that takes a step.
   * @param step counted from 1
   * @param rate what the schedule makes of the learning rates, usually 0 … 1
   */
  inputs(step: number, rate: number): Record<string, TensorData>;
}

const muonDefaults: MuonOptions = {
  learningRate: 0.01,
  momentum: 0.95,
  decay: 0.01,
  applies: isMuonParameter,
};
const adamwDefaults: AdamwOptions = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  decay: 0.01,
};

/** Where the moving average of a parameter lives. */
export const averageName = (parameter: string): string => `optimizer/average/${parameter}`;

/** Tables that are looked up or added, not multiplied by: their rows are no directions of a linear map. */
const tables = /embed|position|codebook/i;

/** Weight matrices and filters whose smaller side has at least 12 elements, unless the name says table. */
export function isMuonParameter(name: string, shape: Shape): boolean {
  return shape.length >= 2 && !tables.test(name) && Math.min(...matrixShape(shape)) >= 12;
}

/**
 * Adds one training step to the graph of `loss`: gradients and what `buildUpdate` makes of them.
 *
 * @param loss a scalar
 * @param parameters variables to train, by full name
 * @throws SnowglobeError when there is nothing to train or an op of the loss has no derivative.
 */
export function buildOptimizer(
  loss: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  options: OptimizerOptions = {},
): Optimizer {
  return buildUpdate(gradientsOf(loss, parameters), parameters, options);
}

/**
 * Gradients of a scalar with respect to each parameter, by its name.
 * @throws SnowglobeError when there is nothing to train or an op of the loss has no derivative.
 */
export function gradientsOf(
  loss: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  if (parameters.size === 0) {
    throw new SnowglobeError('train: the model has no parameters to train; create them with parameter().');
  }
  const raw = gradients(loss, [...parameters.values()]);
  return new Map([...parameters.keys()].map((name, index) => [name, raw[index]!]));
}

/**
 * Adds clipping and the assignment of every parameter and moment. Weight matrices move by Muon (Jordan et al. 2024), the rest
 * by AdamW. Rates and bias corrections are inputs of the run, so that one compiled graph serves all steps. State lives in
 * variables `optimizer/…`, which start at zero.
 *
 * @param gradientOf one for each parameter, in their order
 * @param parameters variables to train, by full name
 */
export function buildUpdate(
  gradientOf: ReadonlyMap<string, Tensor>,
  parameters: ReadonlyMap<string, Tensor>,
  options: OptimizerOptions = {},
): Optimizer {
  const raw = [...gradientOf.values()];
  const { builder } = raw[0]!;
  const muon = options.muon === false ? undefined : { ...muonDefaults, ...given(options.muon) };
  const adam = { ...adamwDefaults, ...given(options.adamw) };
  const names = [...parameters.keys()];
  const clip = options.clip ?? 1;
  const { norm, scale } = globalNorm(raw, clip);
  const muonNames = names.filter((name) => muon?.applies(name, parameters.get(name)!.shape));
  const adamwNames = names.filter((name) => !muonNames.includes(name));
  const updated = new Map<string, Tensor>();

  if (muon && muonNames.length > 0) {
    const rate = builder.input(optimizerInput.muonRate, []);
    const nesterov = muonNames.map((name) => {
      const gradient = gradientOf.get(name)!;
      const state = builder.variable(`optimizer/momentum/${name}`, gradient.shape);
      const clipped = pointwise.mul(gradient, scale);
      const momentum = pointwise.add(pointwise.mul(state, muon.momentum), clipped);
      builder.assign(state, momentum);
      return pointwise.add(clipped, pointwise.mul(momentum, muon.momentum));
    });
    const directions = muonDirections(nesterov);
    const kept = pointwise.sub(1, pointwise.mul(rate, muon.decay));
    muonNames.forEach((name, index) => {
      const weight = pointwise.mul(parameters.get(name)!, kept);
      updated.set(name, pointwise.sub(weight, pointwise.mul(directions[index]!, rate)));
    });
  }

  if (adamwNames.length > 0) {
    const schedule = concat([builder.input(optimizerInput.adamw, [3]), reshape(scale, [1])], 0);
    for (const name of adamwNames) {
      const parameter = parameters.get(name)!;
      const first = builder.variable(`optimizer/first/${name}`, parameter.shape);
      const second = builder.variable(`optimizer/second/${name}`, parameter.shape);
      const decay = parameter.shape.length >= 2 ? adam.decay : 0;
      const { beta1, beta2, epsilon } = adam;
      const next = adamw({ parameter, first, second }, gradientOf.get(name)!, schedule, {
        beta1,
        beta2,
        epsilon,
        decay,
      });
      builder.assign(first, next.first);
      builder.assign(second, next.second);
      updated.set(name, next.parameter);
    }
  }

  const share = options.average === undefined ? undefined : builder.input(optimizerInput.averageShare, []);
  for (const name of names) {
    const value = updated.get(name)!;
    builder.assign(parameters.get(name)!, value);
    if (!share) continue;
    const average = builder.variable(averageName(name), value.shape);
    builder.assign(average, pointwise.add(average, pointwise.mul(pointwise.sub(value, average), share)));
  }

  const settings: OptimizerSettings = {
    ...(muon && muonNames.length > 0 && { muon }),
    ...(adamwNames.length > 0 && { adamw: adam }),
    clip,
    ...(options.average !== undefined && { average: options.average }),
  };
  return {
    gradientNorm: norm,
    gradients: gradientOf,
    muonParameters: muonNames,
    settings,
    inputs: (step, rate) => optimizerInputs(settings, step, rate),
  };
}
