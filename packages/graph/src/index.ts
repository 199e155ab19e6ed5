export { SnowglobeError } from './errors.js';
export { describeIssue } from './issue.js';
export { quote } from './quote.js';
export { show } from './show.js';
export type { Shape } from './shape.js';
export {
  broadcastShapes,
  broadcastStrides,
  formatShape,
  normalizeAxis,
  sameShape,
  sizeOf,
  stridesOf,
} from './shape.js';
export type { ArrayOf, DType, TensorData } from './dtype.js';
export { allocate, bytesPerElement, dtypeOf } from './dtype.js';
export type { Attributes, Cost, GradientContext, OpDefinition, TensorSpec } from './op.js';
export type { ConstantNode, Graph, InputNode, Node, OpNode, Tensor, VariableNode } from './tensor.js';
export { GraphBuilder, fitsScalar } from './builder.js';
export type { GradientAlgebra } from './autodiff.js';
export { gradients } from './autodiff.js';
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
export { lossOf } from './executor.js';
