/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { isSnowglobeError } from './errors.js';
export { fnv1a } from './hash.js';
export { describeIssue } from './issue.js';
export { quote } from './quote.js';
export { show } from './show.js';
export { transposed } from './transposed.js';
export {
  broadcastShapes,
  broadcastStrides,
  formatShape,
  matrixShape,
  normalizeAxis,
  sameShape,
  stridesOf,
} from './shape.js';
export { allocate, bytesPerElement, dtypeOf } from './dtype.js';
export { fitsScalar } from './builder.js';
export { gradients } from './autodiff.js';
export { lossOf } from './executor.js';
