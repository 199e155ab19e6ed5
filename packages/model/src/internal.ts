/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { parametersOf } from './parameter.js';
export { fromBase64, toBase64 } from './base64.js';
export { bytesOfPixels, pixelsOf } from './pixels.js';
export { clausesIn, longestText, readText, remarkOn, vocabularyOf } from './text/vocabulary.js';
export { clausesOf } from './text/clauses.js';
export { eventLike, readEvent } from './text/events.js';
export { fillNormal } from './random.js';
export { spread } from './spread.js';
export { modelOf } from './families/registry.js';
export { isPlayState, lastFrame, stateName } from './family/state.js';
export { isOver } from './family/readouts.js';
export { cutTiles, layTiles, tileSizeIn } from './family/atlas_layout.js';
export { fpsLimits, framesPerSecond } from './family/fps.js';
export {
  LENGTH_BYTES,
  actionNamesSchema,
  asHalves,
  bytesOfExactPixels,
  checkNotQuantized,
  checkWorldMetadata,
  decodeSafetensors,
  describable,
  encodeSafetensors,
  fileTypes,
  headerBytesNeeded,
  narrowestFloat,
  quantizeWorldFile,
  readQuantizedMatrices,
  weightsOfWords,
  withoutWords,
} from './world_file/index.js';
export { renamedActions, trueActions } from './actions/true_actions.js';
export { unnamedActions } from './actions/read_keys.js';
export {
  bestMap,
  contingencyTable,
  entropyBits,
  mapAccuracy,
  mutualInformationBits,
} from './actions/information.js';
