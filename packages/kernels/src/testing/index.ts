/** What tests of other packages need of this one. */
export { kernels } from '../kernels.js';
export { dequantizeMatrix } from '../quantized_weights/dequantize.js';
