import type { Graph, Tensor } from '@snowglobe/graph';
import {
  GraphBuilder,
  SnowglobeError,
  eliminateDeadCode,
  formatShape,
  shareCommonSubexpressions,
  totalCost,
} from '@snowglobe/graph';
import type { Initializer } from '@snowglobe/model';
import { parametersOf } from '@snowglobe/model';
import type { Optimizer } from '../optimizer/optimizer.js';
import { buildOptimizer } from '../optimizer/optimizer.js';
import type { StageOptions } from './stage.js';

/** The graph of one training step. */
export interface TrainingStep {
  readonly graph: Graph;
  readonly optimizer: Optimizer;
  /** Scalar outputs: `loss`, `gradientNorm` and what the model reports. */
  readonly metricNames: readonly string[];
  /** How every parameter of the graph starts, trained here or not. */
  readonly rules: ReadonlyMap<string, Initializer>;
}

/** Builds loss, gradients and updates of a stage in one graph. */
export function buildStep({
  name,
  build,
  trains = () => true,
  optimizer: options,
}: StageOptions): TrainingStep {
  const builder = new GraphBuilder();
  const { loss, metrics = {} } = build(builder);
  const rules = parametersOf(builder);
  const { variables } = builder.build();
  const trained = new Map<string, Tensor>();
  for (const key of rules.keys()) if (trains(key)) trained.set(key, variables.get(key)!);
  const optimizer = buildOptimizer(loss, trained, options);

  const scalars = { loss, gradientNorm: optimizer.gradientNorm, ...metrics };
  for (const [metric, tensor] of Object.entries(scalars)) {
    if (tensor.shape.length > 0 || tensor.dtype !== 'f32') {
      throw new SnowglobeError(
        `train: '${metric}' of the ${name} stage is ${tensor.dtype} ${formatShape(tensor.shape)}; reduce it to an f32 scalar.`,
      );
    }
    builder.output(metric, tensor);
  }
  return { graph: builder.build(), optimizer, metricNames: Object.keys(scalars), rules };
}

/** Floating-point operations of one run, without what nothing needs or what is computed twice. */
export function flopsOf(graph: Graph): number {
  return totalCost(eliminateDeadCode(shareCommonSubexpressions(graph))).flops;
}
