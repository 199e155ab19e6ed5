export { eliminateDeadCode } from './dead_code.js';
export { simplify } from './simplify.js';
export { fuseMatmulEpilogues } from './fuse_epilogues.js';
export { fuseHeads } from './fuse_heads.js';
export { fusePointwise } from './fuse_pointwise.js';
export { fakeQuantizeWeights } from './fake_quantize_weights.js';
export { isQuantizable, quantizeWeights, quantizedVariables } from './quantize_weights.js';
export type { SlotOptions, SlotTable, SlotTables } from './slot_state.js';
export {
  isSlotTable,
  loadSlot,
  putSlot,
  readSlot,
  slotState,
  slotTable,
  slotsInput,
  takeSlot,
} from './slot_state.js';
