export { eliminateDeadCode } from './dead_code.js';
export { shareCommonSubexpressions } from './common_subexpressions.js';
export { simplify } from './simplify.js';
export { fuseMatmulEpilogues } from './fuse_epilogues.js';
export { fuseHeads } from './fuse_heads.js';
export type { FusionLimits } from './fuse_pointwise.js';
export { fusePointwise } from './fuse_pointwise.js';
export { fakeQuantizeWeights } from './fake_quantize_weights.js';
export {
  isQuantizable,
  matrixShapeOf,
  quantizeWeights,
  quantizedParts,
  quantizedVariables,
} from './quantize_weights.js';
