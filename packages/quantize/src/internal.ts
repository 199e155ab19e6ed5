/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { roundingOf } from './schemes/rounding.js';
export { algorithmParts } from './algorithms/algorithm.js';
export { recordingsOf } from './measure/recordings.js';
