import { attention } from '@snowglobe/kernels';
import type { BenchCase } from './case.js';
import { uniform } from './random.js';

export interface AttentionSize {
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly heads: number;
}

/** Dense attention of one sequence; ONNX Runtime has `MultiHeadAttention` for it. */
export function attentionCase({ queries, keys, width, heads }: AttentionSize): BenchCase {
  return {
    family: 'attention',
    shape: `${queries}x${keys}`,
    dtype: 'f32',
    inputs: {
      q: uniform(queries * width, 'q'),
      k: uniform(keys * width, 'k'),
      v: uniform(keys * width, 'v'),
    },
    build: (builder) =>
      attention(
        builder.input('q', [1, queries, width]),
        builder.input('k', [1, keys, width]),
        builder.input('v', [1, keys, width]),
        { heads },
      ),
    onnx: (emitter, { q, k, v }) =>
      emitter.emit('MultiHeadAttention', [q!, k!, v!], { num_heads: { int: heads } }, 'com.microsoft'),
  };
}
