/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { learnLanguage } from './pipeline/learn_language.js';
export type { WriteVideoOptions } from './data/index.js';
export { writeVideo } from './data/index.js';
export { logPath } from './metrics/log.js';
export { writePage } from './metrics/page.js';
export { saveSamples } from './metrics/samples.js';
export { modelFor, runFolderOf } from './pipeline/pipeline.js';
export { checkFutureWorld, worldBytes } from './pipeline/make_world.js';
export { possibleFamilies } from './pipeline/choose_family.js';
