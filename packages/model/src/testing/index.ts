/** For tests: parts of worlds, of which untrained ones are made, the smallest family, and recordings. */
export type { DeltaWorldConfig } from '../families/delta/config/config.js';
export { presets } from '../families/delta/config/presets.js';
export { deltaModel } from '../families/delta/delta_model.js';
export { encodeDelta } from '../families/delta/codes/delta.js';
export { shiftsOf } from '../families/delta/motion/motion.js';
export { reconstruct } from '../families/delta/tokenizer/tokenizer.js';
export { evidencePairs, latentDimensions } from '../latent_actions/config.js';
export { encodeActions } from '../latent_actions/latent_actions.js';
export { nextFrame } from './next_frame/next_frame.js';
export { recorded } from './recorded.js';
export { meadowEvents, meadowRecordings } from '../families/patches/testing/meadow.js';
export type { PatchesConfig } from '../families/patches/config/config.js';
export { presets as patchesPresets } from '../families/patches/config/presets.js';
export { patchesModel } from '../families/patches/patches_model.js';
