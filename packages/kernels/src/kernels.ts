import { adamwKernel } from './ops/adamw/index.js';
import { attentionKernels } from './ops/attention/index.js';
import { broadcastKernel } from './ops/broadcast/broadcast.js';
import { concatKernel } from './ops/concat/concat.js';
import { conv2dKernels } from './ops/conv2d/index.js';
import { conv2dQuantizedKernel } from './ops/conv2d_quantized/index.js';
import { crossEntropyKernels } from './ops/cross_entropy/index.js';
import { fakeQuantizeKernel } from './ops/fake_quantize/index.js';
import { gatherKernels } from './ops/gather/index.js';
import { hadamardKernel } from './ops/hadamard/index.js';
import type { Kernel } from './kernel/kernel.js';
import { maskgitKernels } from './ops/maskgit/index.js';
import { matmulKernel } from './ops/matmul/index.js';
import { matmulQuantizedKernel } from './ops/matmul_quantized/index.js';
import { padKernel } from './ops/pad/pad.js';
import { pointwiseKernels } from './ops/pointwise/index.js';
import { quantizeHeadsKernels } from './ops/quantize_heads/index.js';
import { reduceKernels } from './ops/reduce/index.js';
import { reshapeKernel } from './ops/reshape/reshape.js';
import { rmsNormKernels } from './ops/rms_norm/index.js';
import { rotaryKernel } from './ops/rotary/index.js';
import { shiftErrorsKernel } from './ops/shift_errors/index.js';
import { sliceKernel } from './ops/slice/slice.js';
import { softmaxKernels } from './ops/softmax/index.js';
import { sparseAttentionKernels } from './ops/sparse_attention/index.js';
import { splitHeadsKernel } from './ops/split_heads/index.js';
import { transposeKernel } from './ops/transpose/transpose.js';

/** Every op of the house. */
export const kernels: readonly Kernel[] = [
  adamwKernel,
  ...attentionKernels,
  broadcastKernel,
  concatKernel,
  ...conv2dKernels,
  conv2dQuantizedKernel,
  ...crossEntropyKernels,
  fakeQuantizeKernel,
  ...maskgitKernels,
  ...gatherKernels,
  hadamardKernel,
  matmulKernel,
  matmulQuantizedKernel,
  padKernel,
  ...pointwiseKernels,
  ...quantizeHeadsKernels,
  ...reduceKernels,
  reshapeKernel,
  ...rmsNormKernels,
  rotaryKernel,
  shiftErrorsKernel,
  sliceKernel,
  ...softmaxKernels,
  ...sparseAttentionKernels,
  splitHeadsKernel,
  transposeKernel,
];
