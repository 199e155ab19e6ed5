import { attentionCase } from './attention.js';
import type { BenchCase } from './case.js';
import { matmulCase, quantizedCase } from './matmul.js';
import { historyCase, sparseCase } from './sparse.js';

/** Shapes of the kernels suite: a token, a refinement step, a batch of frames; square ones for comparison with others. */
export function kernelCases(): readonly BenchCase[] {
  const rows = [1, 16, 64, 512] as const;
  return [
    ...(
      [
        [1, 1024, 1024],
        [16, 512, 512],
        [64, 256, 1024],
        [64, 1024, 256],
        [256, 256, 256],
        [512, 512, 512],
      ] as const
    ).map(matmulCase),
    ...rows.map((m) => quantizedCase([m, 512, 512], 4)),
    ...rows.map((m) => quantizedCase([m, 512, 512], 8)),
    ...rows.map((m) => quantizedCase([m, 512, 512], 4, 8)),
    ...rows.map((m) => quantizedCase([m, 512, 512], 8, 8)),
    ...[64, 256, 1024, 4096, 16384].map((keys) => attentionCase({ queries: 64, keys, width: 256, heads: 4 })),
    ...[0, 0.25, 0.5, 0.75, 0.9, 0.95].map((sparsity) =>
      sparseCase({ queries: 64, keys: 4096, width: 256, heads: 4 }, sparsity),
    ),
    ...[16, 64, 256, 1024].map(historyCase),
  ];
}
