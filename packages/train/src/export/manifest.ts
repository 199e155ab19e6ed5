import type { OnnxModel } from '@snowglobe/kernels/internal';
import type { Schedule } from '@snowglobe/model';
import type { ExportedValue } from '@snowglobe/runtime';
import { exportedValue } from '@snowglobe/runtime/internal';
import type { CheckpointState } from '../loop/checkpoint.js';
import type { OptimizerSettings } from '../optimizer/inputs.js';

/** Names of files of an exported step. */
export const stepFiles = {
  gradients: 'grads.onnx',
  update: 'apply.onnx',
  initial: 'initial.safetensors',
  frozen: 'frozen.safetensors',
  manifest: 'manifest.json',
  batches: 'batches',
} as const;

/** File of the batch of a step, in the folder of batches. */
export const batchName = (step: number): string => `${String(step).padStart(6, '0')}.safetensors`;

interface Signature {
  readonly file: string;
  readonly inputs: readonly ExportedValue[];
  readonly outputs: readonly ExportedValue[];
}

/** What `manifest.json` says of an exported training step: all that a program needs to take it. */
export interface StepManifest {
  readonly format: 'snowglobe-training-step';
  readonly version: 1;
  readonly producerVersion?: string;
  readonly stage: string;
  /** Of the world whose stage it is. */
  readonly family: string;
  readonly config: unknown;
  /** From a batch to loss and gradients. */
  readonly gradients: Signature;
  /** From gradients, averaged over batches, to new parameters and moments. */
  readonly update: Signature;
  /** A checkpoint: every `state/NAME` under its NAME, and the metadata `checkpoint`, JSON, see `CheckpointState`. */
  readonly initial: string;
  /** Every `frozen/NAME` under its NAME; null where there are none. */
  readonly frozen: string | null;
  readonly batches: {
    /** Holds `000001.safetensors` and so on, each with every `batch/NAME` under its NAME. */
    readonly folder: string;
    /** Number of the first file; there are `count` from it on. */
    readonly first: number;
    readonly count: number;
    readonly framesPerBatch: number;
    readonly source: string;
  };
  readonly optimizer: Omit<OptimizerSettings, 'muon'> & {
    readonly muon?: Omit<NonNullable<OptimizerSettings['muon']>, 'applies'> & {
      /** Names of the parameters that it moves; AdamW moves the others. */
      readonly parameters: readonly string[];
    };
  };
  /** `rate` = min(1, step / warmupSteps) · (1 until `flatUntil` of all steps are taken, then in a line to `finalShare`). */
  readonly schedule: Schedule;
  readonly checkpoint: {
    /** In the run folder, where training goes on from it. */
    readonly file: string;
    readonly log: string;
    /** What the initial one says. */
    readonly state: CheckpointState;
  };
  /** Floating-point operations of forward and backward pass on one batch. */
  readonly flopsPerBatch: number;
}

/** A model by its file, inputs and outputs. */
export const signatureOf = (file: string, { inputs, outputs }: OnnxModel): Signature => ({
  file,
  inputs: inputs.map(exportedValue),
  outputs: outputs.map(exportedValue),
});
