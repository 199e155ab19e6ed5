import type { OpDefinition } from '@snowglobe/graph';
import type { Kernel } from './kernel/kernel.js';
import { kernels } from './kernels.js';

const byOp = new Map<OpDefinition, Kernel>(kernels.map((kernel) => [kernel.op, kernel]));

/** The implementations of an op. Every op of this package has them; a foreign op is a bug of its author. */
export function kernelOf(op: OpDefinition): Kernel {
  const kernel = byOp.get(op);
  if (!kernel) throw new Error(`kernelOf: no kernel for op '${op.name}'; add it to kernels.ts`);
  return kernel;
}
