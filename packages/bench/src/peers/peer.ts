import type { TensorData } from '@snowglobe/graph';
import type { PeerModel } from './onnx_model.js';

/** ONNX Runtime's execution providers that are timed. */
export type Provider = 'webgpu' | 'cpu';

/** A model in ONNX Runtime, ready to run. */
export interface PeerSession {
  readonly label: string;
  readonly provider: Provider;
  /** Inputs written, the model computed, the result read. */
  run(): Promise<TensorData>;
  close(): Promise<void>;
}

/**
 * Opens a model on one of ONNX Runtime's execution providers, computing it `repeats` times a run.
 * @throws Error when the provider refuses the model
 */
export type OpenPeer = (
  model: PeerModel,
  data: Readonly<Record<string, TensorData>>,
  provider: Provider,
  repeats: number,
) => Promise<PeerSession>;
