import { fakeQuantizeWeights, simplify } from '@snowglobe/compiler';
import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError, totalCost } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import type { Initializer } from '@snowglobe/model';
import { parametersOf } from '@snowglobe/model/internal';
import type { Optimizer } from '../optimizer/optimizer.js';
import { buildOptimizer } from '../optimizer/optimizer.js';
import type { StageOptions } from './stage_options.js';

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
  weightFormat,
  optimizer: options,
}: StageOptions): TrainingStep {
  const first = new GraphBuilder();
  const { loss, metrics = {} } = build(first);
  const rules = parametersOf(first);
  const reported = { loss, ...metrics };
  for (const [metric, tensor] of Object.entries(reported)) {
    if (tensor.shape.length > 0 || tensor.dtype !== 'f32') {
      throw new SnowglobeError(
        `train: '${metric}' of the ${name} stage is ${tensor.dtype} ${formatShape(tensor.shape)}; reduce it to an f32 scalar.`,
      );
    }
    first.output(metric, tensor);
  }
  const forward = asQuantized(first.build(), trains, weightFormat);
  const total = forward.outputs.get('loss')!;
  const { builder } = total;
  const trained = new Map<string, Tensor>();
  for (const key of rules.keys()) if (trains(key)) trained.set(key, forward.variables.get(key)!);
  const optimizer = buildOptimizer(total, trained, options);
  builder.output('gradientNorm', optimizer.gradientNorm);
  return {
    graph: builder.build(),
    optimizer,
    metricNames: [...Object.keys(reported), 'gradientNorm'],
    rules,
  };
}

/** The graph with the weights that are trained rounded as they will be, where a stage asks for that. */
function asQuantized(
  graph: Graph,
  trains: (name: string) => boolean,
  weightFormat: StageOptions['weightFormat'],
): Graph {
  if (!weightFormat) return graph;
  const formats = [...graph.variables].flatMap(([name, { shape }]) => {
    const format = trains(name) ? weightFormat(name, shape) : undefined;
    return format ? [[name, format] as const] : [];
  });
  return fakeQuantizeWeights(graph, new Map(formats));
}

/** Floating-point operations of one run, without what nothing needs or what is computed twice. */
export function flopsOf(graph: Graph): number {
  return totalCost(simplify(graph)).flops;
}
