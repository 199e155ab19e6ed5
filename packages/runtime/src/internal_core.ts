/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { chooseDevice } from './devices/index.js';
export { lowerToOnnx } from './onnx/lower.js';
export { given } from './options.js';
export { formatBytes } from './format_bytes.js';
export type { Found } from './world/executor_choice.js';
export { chooseExecutor } from './world/executor_choice.js';
export { actionTable } from './world/actions.js';
export { checkWeights } from './world/engine.js';
export { messageBytes } from './remote/index.js';
export type { Catalog, CatalogWorld } from './catalog/catalog.js';
export { parseCatalog } from './catalog/catalog.js';
export { chooseTuned, emptyTuning, withEntries } from './tuning/tuning.js';
export type { TunedNode } from './tuning/tune.js';
export { tuneGraph } from './tuning/tune.js';
export { takeVariant, variantsByOp } from './webgpu/variants.js';
export { largestError } from './largest_error.js';
export { messageOf } from './devices/open.js';
export { inErrorScopes } from './webgpu/error_scopes.js';
