import type { Executor } from '../executor.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';

let executors: Promise<readonly Executor[]> | undefined;

/** Every executor of this machine but the reference, which is what they are compared with. Opened once a process. */
export function executorsUnderTest(): Promise<readonly Executor[]> {
  executors ??= openAll();
  return executors;
}

async function openAll(): Promise<readonly Executor[]> {
  return [createNodeOnnxExecutor({ threads: 1 })];
}
