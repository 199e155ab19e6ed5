import type { ExecutorKind } from '@snowglobe/graph';
import { UsageError } from './command.js';

/** Executors whose speed is told, in this order. */
export const executorKinds = ['onnx', 'webgpu', 'reference'] as const;

/** @throws UsageError for a name that is none */
export function executorsOf(names: readonly string[]): ExecutorKind[] {
  if (names.includes('none')) return [];
  return names.map((name) => {
    const kind = executorKinds.find((each) => each === name);
    if (!kind)
      throw new UsageError(`There is no executor '${name}'; use ${executorKinds.join(', ')} or none`);
    return kind;
  });
}

/** All of this machine; a software adapter is one too. */
export async function executorsAtHand(note: (text: string) => void): Promise<ExecutorKind[]> {
  const { discoverDevices } = await import('@snowglobe/runtime');
  const { candidates } = await discoverDevices({ software: 'all' });
  if (candidates.length > 0) return [...executorKinds];
  note('no WebGPU adapter was found; onnx and reference are timed');
  return executorKinds.filter((kind) => kind !== 'webgpu');
}
