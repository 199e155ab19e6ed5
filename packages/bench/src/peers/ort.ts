import ort from 'onnxruntime-node';
import type { TensorData } from '@snowglobe/graph';
import { encodeOnnx } from '@snowglobe/kernels/internal';
import { withDriversOf } from '@snowglobe/runtime/internal';
import { repeatModel } from './onnx_model.js';
import type { OpenPeer } from './peer.js';

/**
 * Opens models in onnxruntime-node.
 * @param adapter name of the WebGPU adapter that they should run on; the driver decides
 * @param threads of the CPU
 */
export function nodePeers(adapter: string, threads: number): OpenPeer {
  return async ({ label, model, inputs, output }, data, provider, repeats) => {
    const bytes = encodeOnnx(repeatModel(model, repeats));
    const open = () =>
      ort.InferenceSession.create(bytes, {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 4,
        // Copies of equal nodes must not become one.
        ...(repeats > 1 && {
          extra: { optimization: { disable_specified_optimizers: 'CommonSubexpressionElimination' } },
        }),
      });
    const session = provider === 'webgpu' ? await withDriversOf(adapter, open) : await open();
    const feeds: Record<string, ort.Tensor> = {};
    for (const { name, shape } of model.inputs) {
      const own = [...inputs].find(([, other]) => other === name)![0];
      feeds[name] = new ort.Tensor('float32', data[own] as Float32Array, [...shape]);
    }
    return {
      label,
      provider,
      run: async () => (await session.run(feeds, [output]))[output]!.data as TensorData,
      close: () => session.release(),
    };
  };
}
