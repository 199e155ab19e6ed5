export { SnowglobeError } from './errors.js';
export type { Shape } from './shape.js';
export { sizeOf } from './shape.js';
export type { ArrayOf, DType, TensorData } from './dtype.js';
export type {
  Attributes,
  ConstantNode,
  Cost,
  GradientAlgebra,
  GradientContext,
  Graph,
  InputNode,
  Node,
  OpDefinition,
  OpNode,
  Tensor,
  TensorSpec,
  VariableNode,
} from './graph.js';
export { GraphBuilder } from './builder.js';
export type { RewriteContext } from './rewrite.js';
export { rewrite } from './rewrite.js';
export { costOf, totalCost } from './cost.js';
export type {
  ExecutorKind,
  Executor,
  VariableStore,
  Program,
  CompileOptions,
  ProgramStats,
} from './executor.js';
