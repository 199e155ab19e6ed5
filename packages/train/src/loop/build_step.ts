import { fakeQuantizeWeights, simplify } from '@snowglobe/compiler';
import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError, totalCost } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import type { Initializer } from '@snowglobe/model';
import { parametersOf } from '@snowglobe/model/internal';
import type { Optimizer } from '../optimizer/optimizer.js';
import { buildOptimizer, buildUpdate, gradientsOf } from '../optimizer/optimizer.js';
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
export function buildStep(options: StageOptions): TrainingStep {
  const { graph, trained, rules, metricNames } = buildForward(options);
  const loss = graph.outputs.get('loss')!;
  const optimizer = buildOptimizer(loss, trained, options.optimizer);
  loss.builder.output('gradientNorm', optimizer.gradientNorm);
  return {
    graph: loss.builder.build(),
    optimizer,
    metricNames: [...metricNames, 'gradientNorm'],
    rules,
  };
}

/** The same step in two graphs, between which gradients of several batches can be averaged. */
export interface DividedStep {
  /** From a batch: `loss` and what else the model reports, and each gradient as `gradientOf` names it. */
  readonly gradients: Graph;
  /** From gradients, and the inputs of the optimizer: every parameter and moment, and `gradientNorm`. */
  readonly update: Graph;
  readonly optimizer: Optimizer;
  /** Scalar outputs of `gradients`. */
  readonly metricNames: readonly string[];
}

/** What the gradient of a parameter is called, an output of one graph and an input of the other. */
const gradientOf = (parameter: string): string => `gradient/${parameter}`;

/**
 * Builds loss and gradients of a stage in one graph, and updates in another.
 * @throws SnowglobeError for a stage that carries something from one step to the next
 */
export function buildDividedStep(options: StageOptions): DividedStep {
  const { graph, trained, metricNames } = buildForward(options);
  if (graph.assignments.size > 0) {
    throw new SnowglobeError(
      `train: the ${options.name} stage carries ${[...graph.assignments.keys()].join(', ')} from each step to the next, so its batches cannot be shared out among machines; train it on one.`,
    );
  }
  const loss = graph.outputs.get('loss')!;
  for (const [name, gradient] of gradientsOf(loss, trained)) loss.builder.output(gradientOf(name), gradient);
  const builder = new GraphBuilder();
  const parameters = new Map<string, Tensor>();
  const averaged = new Map<string, Tensor>();
  for (const [name, { shape }] of trained) {
    parameters.set(name, builder.variable(name, shape));
    averaged.set(name, builder.input(gradientOf(name), shape));
  }
  const optimizer = buildUpdate(averaged, parameters, options.optimizer);
  builder.output('gradientNorm', optimizer.gradientNorm);
  return { gradients: loss.builder.build(), update: builder.build(), optimizer, metricNames };
}

/** Loss and metrics of a stage. */
function buildForward({ name, build, trains = () => true, weightFormat }: StageOptions) {
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
  const graph = asQuantized(first.build(), trains, weightFormat);
  const trained = new Map<string, Tensor>();
  for (const key of rules.keys()) if (trains(key)) trained.set(key, graph.variables.get(key)!);
  return { graph, trained, rules, metricNames: Object.keys(reported) };
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
