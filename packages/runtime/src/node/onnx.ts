import { availableParallelism } from 'node:os';
import ort from 'onnxruntime-node';
import * as v from 'valibot';
import type { Executor } from '@snowglobe/graph';
import type { OnnxOptions } from '../onnx/onnx.js';
import { createOnnxExecutor } from '../onnx/onnx.js';
import { readOptions } from '../options.js';
import { threadsOption } from '../executor_options.js';

const schema = v.object({ threads: threadsOption });

/**
 * The `onnx` executor on onnxruntime-node; by default one thread for each core that the process may use.
 * @throws SnowglobeError for options that make no sense
 */
export function createNodeOnnxExecutor(options: Partial<OnnxOptions> = {}): Executor {
  const { threads = availableParallelism() } = readOptions('onnx', schema, options);
  const { providers, spinMicroseconds = 5 } = options;
  return createOnnxExecutor(ort, { threads, providers, spinMicroseconds });
}
