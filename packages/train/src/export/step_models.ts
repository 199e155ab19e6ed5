import { simplify } from '@snowglobe/compiler';
import type { Graph, Tensor } from '@snowglobe/graph';
import { OnnxEmitter } from '@snowglobe/kernels';
import type { OnnxModel, OnnxValue } from '@snowglobe/kernels/internal';
import { lowerToOnnx, renameValues } from '@snowglobe/runtime/internal';
import type { DividedStep } from '../loop/build_step.js';
import { emitOptimizerInputs } from '../optimizer/inputs.js';

/** A training step as two ONNX models. */
export interface StepModels {
  /** `batch/NAME`, `state/NAME` and `frozen/NAME` -> `loss`, `metric/NAME`, `gradient/NAME`. */
  readonly gradients: OnnxModel;
  /** `gradient/NAME`, `state/NAME`, `step` and `rate` -> `next/NAME`, `gradientNorm`. */
  readonly update: OnnxModel;
  /** The inputs of a batch. */
  readonly batch: ReadonlyMap<string, Tensor>;
  /** Weights that are not trained. */
  readonly frozen: ReadonlyMap<string, Tensor>;
}

/** Lowers both halves of a step for ONNX Runtime in any of its languages. */
export function stepModels({ gradients, update, optimizer }: DividedStep): StepModels {
  const first = simplify(gradients);
  const frozen = new Map([...first.variables].filter(([name]) => !update.variables.has(name)));
  return {
    gradients: gradientsModel(first, frozen),
    update: updateModel(simplify(update), optimizer.settings),
    batch: first.inputs,
    frozen,
  };
}

function gradientsModel(graph: Graph, frozen: ReadonlyMap<string, Tensor>): OnnxModel {
  const { model, inputs, variables, outputs } = lowered(graph);
  const names = new Map<string, string>();
  for (const [name, value] of inputs) names.set(value, `batch/${name}`);
  for (const [name, value] of variables) names.set(value, `${frozen.has(name) ? 'frozen' : 'state'}/${name}`);
  for (const [name, value] of outputs) {
    names.set(value, name === 'loss' || name.startsWith('gradient/') ? name : `metric/${name}`);
  }
  return described({ ...renameValues(model, names), name: 'gradients' });
}

function updateModel(graph: Graph, settings: Parameters<typeof emitOptimizerInputs>[0]): OnnxModel {
  const { model, inputs, variables, outputs, assignments } = lowered(graph);
  const before = new OnnxEmitter('before_', true);
  const made = emitOptimizerInputs(settings, before, 'step', 'rate');
  const names = new Map<string, string>();
  for (const [name, value] of inputs) names.set(value, made.get(name) ?? name);
  for (const [name, value] of variables) names.set(value, `state/${name}`);
  for (const [name, value] of assignments) names.set(value, `next/${name}`);
  for (const [name, value] of outputs) names.set(value, name);
  const computed = new Set(made.values());
  const whole = renameValues(model, names);
  return described({
    ...whole,
    name: 'update',
    nodes: [...before.nodes, ...whole.nodes],
    initializers: [...before.initializers, ...whole.initializers],
    inputs: [
      ...whole.inputs.filter(({ name }) => !computed.has(name)),
      { name: 'step', type: 'i32', shape: [] },
      { name: 'rate', type: 'f64', shape: [] },
    ],
  });
}

const lowered = (graph: Graph) => lowerToOnnx(graph, new Map(), { rowWrites: false, isPortable: true });

const meanings: readonly (readonly [RegExp, string])[] = [
  [/^batch\//, 'of the examples, as a file of the folder of batches has it'],
  [/^state\/optimizer\//, "what the optimizer remembers; of the last step's next/"],
  [/^state\//, "a parameter that is trained; of the last step's next/"],
  [/^frozen\//, 'a weight that is not trained'],
  [/^loss$/, 'mean over the batch'],
  [/^metric\//, 'of the batch, to be logged'],
  [/^gradient\//, 'derivative of the loss with respect to the parameter; of several batches their mean'],
  [/^step$/, 'number of the step, counted from 1'],
  [/^rate$/, 'share of the learning rates, 0 ... 1, by the schedule'],
  [/^next\//, 'the same after the step'],
  [/^gradientNorm$/, 'L2 norm of all gradients together, before they are clipped'],
];

function described(model: OnnxModel): OnnxModel {
  const describe = (value: OnnxValue): OnnxValue => ({
    ...value,
    description: meanings.find(([pattern]) => pattern.test(value.name))![1],
  });
  return { ...model, inputs: model.inputs.map(describe), outputs: model.outputs.map(describe) };
}
