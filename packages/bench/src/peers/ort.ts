import ort from 'onnxruntime-node';
import type { TensorData } from '@snowglobe/graph';
import { encodeOnnx } from '@snowglobe/kernels';
import { withDriversOf } from '@snowglobe/runtime';
import type { PeerModel } from './onnx_model.js';
import { repeatModel } from './onnx_model.js';

export type Provider = 'webgpu' | 'cpu';

/** A model in ONNX Runtime, ready to run. */
export interface PeerSession {
  readonly label: string;
  /** Inputs written, the model computed, the result read. */
  run(): Promise<TensorData>;
  close(): Promise<void>;
}

/**
 * Opens a model on one of ONNX Runtime's execution providers.
 * @param adapter name of the WebGPU adapter that it should run on; the driver decides
 * @throws Error when the provider refuses the model
 */
export async function openPeer(
  { label, model, inputs, output }: PeerModel,
  data: Readonly<Record<string, TensorData>>,
  {
    provider,
    adapter,
    threads,
    repeats = 1,
  }: {
    readonly provider: Provider;
    readonly adapter: string;
    readonly threads: number;
    readonly repeats?: number;
  },
): Promise<PeerSession> {
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
    run: async () => (await session.run(feeds, [output]))[output]!.data as TensorData,
    close: () => session.release(),
  };
}
