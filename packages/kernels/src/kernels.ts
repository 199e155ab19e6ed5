import { adamwKernel } from './adamw/index.js';
import { attentionKernels } from './attention/index.js';
import { attentionInt8Kernels } from './attention_int8/index.js';
import { broadcastKernel } from './broadcast/broadcast.js';
import { concatKernel } from './concat/concat.js';
import { conv2dKernels } from './conv2d/index.js';
import { conv2dQuantizedKernel } from './conv2d_quantized/index.js';
import { crossEntropyKernels } from './cross_entropy/index.js';
import { fakeQuantizeKernel } from './fake_quantize/index.js';
import { gatherKernels } from './gather/index.js';
import { hadamardKernel } from './hadamard/index.js';
import type { Kernel } from './kernel.js';
import { maskgitKernels } from './maskgit/index.js';
import { matmulKernel } from './matmul/index.js';
import { matmulQuantizedKernel } from './matmul_quantized/index.js';
import { motionKernels } from './motion/index.js';
import { padKernel } from './pad/pad.js';
import { pointwiseKernels } from './pointwise/index.js';
import { reduceKernels } from './reduce/index.js';
import { reshapeKernel } from './reshape/reshape.js';
import { rmsNormKernels } from './rms_norm/index.js';
import { rotaryKernel } from './rotary/index.js';
import { shiftErrorsKernel } from './shift_errors/index.js';
import { sliceKernel } from './slice/slice.js';
import { softmaxKernels } from './softmax/index.js';
import { sparseAttentionKernels } from './sparse_attention/index.js';
import { splitHeadsKernel } from './split_heads/index.js';
import { transposeKernel } from './transpose/transpose.js';

/** Every op of the house. */
export const kernels: readonly Kernel[] = [
  adamwKernel,
  ...attentionKernels,
  ...attentionInt8Kernels,
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
  ...motionKernels,
  padKernel,
  ...pointwiseKernels,
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
