import type { TensorData } from './dtype.js';
import type { GraphBuilder } from './builder.js';
import type { Attributes, OpDefinition, TensorSpec } from './op.js';

/** A value of the graph: one output of a node. It has a shape and a type, but no numbers until an executor runs. */
export interface Tensor extends TensorSpec {
  readonly node: Node;
  /** Which output of the node. */
  readonly index: number;
  /** The graph under construction, so that ops can be written as functions of tensors alone. */
  readonly builder: GraphBuilder;
}

interface NodeBase {
  /** Unique in its graph and increasing in creation order, which is a topological order. */
  readonly id: number;
  /** `/`-joined scopes in which the node was created, for printouts and profiles. */
  readonly scope: string;
  readonly outputs: readonly Tensor[];
}

/** A tensor that the caller passes to every run. */
export interface InputNode extends NodeBase {
  readonly kind: 'input';
  readonly name: string;
}

/** State that outlives a run: weights, optimizer moments, KV caches. */
export interface VariableNode extends NodeBase {
  readonly kind: 'variable';
  readonly name: string;
}

export interface ConstantNode extends NodeBase {
  readonly kind: 'constant';
  readonly data: TensorData;
}

export interface OpNode extends NodeBase {
  readonly kind: 'op';
  readonly op: OpDefinition;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
}

export type Node = InputNode | VariableNode | ConstantNode | OpNode;

/** A finished description of a computation. Immutable: passes return new graphs. */
export interface Graph {
  /** Every node in a topological order. */
  readonly nodes: readonly Node[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly variables: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Variable name to the value that it takes when a run ends. All reads in a run see the value from before it. */
  readonly assignments: ReadonlyMap<string, Tensor>;
}
