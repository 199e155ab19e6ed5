import { availableParallelism } from 'node:os';
import ort from 'onnxruntime-node';
import type { Executor } from '../executor.js';
import type { OnnxOptions } from '../onnx/onnx.js';
import { createOnnxExecutor } from '../onnx/onnx.js';

/** The `onnx` executor on onnxruntime-node; by default one thread for each core that the process may use. */
export function createNodeOnnxExecutor({
  threads = availableParallelism(),
  providers,
}: Partial<OnnxOptions> = {}): Executor {
  return createOnnxExecutor(ort, { threads, providers });
}
