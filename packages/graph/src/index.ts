export { SnowglobeError } from './errors.js';
export { fnv1a } from './hash.js';
export { describeIssue } from './issue.js';
export { quote } from './quote.js';
export { show } from './show.js';
export type { Shape } from './shape.js';
export {
  broadcastShapes,
  broadcastStrides,
  formatShape,
  matrixShape,
  normalizeAxis,
  sameShape,
  sizeOf,
  stridesOf,
} from './shape.js';
export type { ArrayOf, DType, TensorData } from './dtype.js';
export { allocate, bytesPerElement, dtypeOf } from './dtype.js';
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
export { GraphBuilder, fitsScalar } from './builder.js';
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
