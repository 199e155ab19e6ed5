export { eliminateDeadCode } from './dead_code.js';
export { simplify } from './simplify.js';
export { fuseMatmulEpilogues } from './fuse_epilogues.js';
export { fuseHeads } from './fuse_heads.js';
export { fusePointwise } from './fuse_pointwise.js';
export { fakeQuantizeWeights } from './fake_quantize_weights.js';
export { isQuantizable, quantizeWeights, quantizedVariables } from './quantize_weights.js';
export type { SlotTable } from './slot_state.js';
export { loadSlot, readSlot, slotState, slotTable, slotsInput } from './slot_state.js';
