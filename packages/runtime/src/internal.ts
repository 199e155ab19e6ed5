/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export * from './internal_core.js';
export {
  checkFolderWritable,
  checkSpace,
  checkWritable,
  makeFolder,
  writeFileAtomically,
} from './node/atomic_file.js';
export { withSkin } from './catalog/node/skins.js';
export { whyNot } from './node/why_not.js';
export { findWorldFiles, readWorldBytes } from './node/world_files.js';
export { dawnVersion, withDriversOf } from './devices/node/index.js';
export { cacheFolder } from './devices/node/cache.js';
export { worldFolders } from './world/node/world_folders.js';
export { findTuning } from './tuning/node/find_tuning.js';
export { tuningFiles } from './tuning/node/tuning_files.js';
