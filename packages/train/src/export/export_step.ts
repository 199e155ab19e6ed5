import type { Tensor } from '@snowglobe/graph';
import { sizeOf, SnowglobeError } from '@snowglobe/graph';
import { bytesPerElement } from '@snowglobe/graph/internal';
import { encodeOnnx } from '@snowglobe/kernels/internal';
import type { Batch, FileTensor } from '@snowglobe/model';
import { encodeSafetensors, fileTypes } from '@snowglobe/model/internal';
import { checkSpace, makeFolder, writeFileAtomically } from '@snowglobe/runtime/internal';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { batchOf } from '../loop/batch.js';
import { buildDividedStep, flopsOf } from '../loop/build_step.js';
import { checkpointName, encodeCheckpoint, tensorsOf } from '../loop/checkpoint.js';
import type { StageOptions } from '../loop/stage_options.js';
import { startStage } from '../loop/start_stage.js';
import { logName } from '../metrics/log.js';
import { scheduleOf } from '../optimizer/schedule.js';
import type { StepManifest } from './manifest.js';
import { batchName, signatureOf, stepFiles } from './manifest.js';
import { stepModels } from './step_models.js';

/** Where an exported step goes, and what is said of it. */
export interface StepExport extends Pick<StepManifest, 'config' | 'family' | 'producerVersion'> {
  /** Is made where it is missing. */
  readonly out: string;
  /** How many batches are written: those of the next steps. */
  readonly batches: number;
  /** The folder of the stage's checkpoints within the run folder; default the run folder itself. */
  readonly within?: string;
  /** Called after every batch. */
  readonly onBatch?: (written: number) => void;
}

/**
 * Writes the step of a stage for other programs: gradients and update as ONNX models, what they start from, batches, and a manifest.
 * A stage that has a checkpoint in its run folder goes on from it.
 * @throws SnowglobeError for a stage that carries something from step to step, a full disk, whatever `startStage` throws
 */
export async function exportStep(options: StageOptions, about: StepExport): Promise<StepManifest> {
  const { name, store } = options;
  const { out, batches: count, within = '', onBatch, family, config, producerVersion } = about;
  const divided = buildDividedStep(options);
  const models = stepModels(divided);
  const { assigned, state } = await startStage(options);
  const bytesOf = (tensors: ReadonlyMap<string, Tensor>): number =>
    [...tensors.values()].reduce((sum, { shape }) => sum + bytesPerElement * sizeOf(shape), 0);
  await makeFolder(out);
  await checkSpace(out, bytesOf(assigned) + bytesOf(models.frozen) + count * bytesOf(models.batch));
  // The manifest comes last: where there is one, all that it names is there.
  await rm(join(out, stepFiles.manifest), { force: true });

  const version = producerVersion === undefined ? {} : { producerVersion };
  for (const part of ['gradients', 'update'] as const) {
    await writeFileAtomically(join(out, stepFiles[part]), encodeOnnx({ ...models[part], ...version }));
  }
  await writeFileAtomically(join(out, stepFiles.initial), await encodeCheckpoint(state, assigned, store));
  if (models.frozen.size > 0) {
    const frozen = encodeSafetensors(await tensorsOf(models.frozen, store));
    await writeFileAtomically(join(out, stepFiles.frozen), frozen);
  }
  await makeFolder(join(out, stepFiles.batches));
  const first = state.step + 1;
  for (let step = first; step < first + count; step++) {
    const batch = encodeBatch(name, models.batch, await batchOf(options, step));
    await writeFileAtomically(join(out, stepFiles.batches, batchName(step)), batch);
    onBatch?.(step - first + 1);
  }
  const manifest = manifestOf();
  await writeFileAtomically(
    join(out, stepFiles.manifest),
    new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`),
  );
  return manifest;

  function manifestOf(): StepManifest {
    const { settings, muonParameters } = divided.optimizer;
    const { muon, ...others } = settings;
    const gradients = [...divided.gradients.outputs].filter(([output]) => output.startsWith('gradient/'));
    return {
      ...{ format: 'snowglobe-training-step', version: 1, ...version, stage: name, family, config },
      gradients: signatureOf(stepFiles.gradients, models.gradients),
      update: signatureOf(stepFiles.update, models.update),
      initial: stepFiles.initial,
      frozen: models.frozen.size > 0 ? stepFiles.frozen : null,
      batches: {
        ...{ folder: stepFiles.batches, first, count, framesPerBatch: options.framesPerStep },
        source: `each file is the batch that snowglobe train draws for the step of its number, with seed ${options.seed}`,
      },
      optimizer: {
        ...others,
        ...(muon && { muon: { ...withoutRule(muon), parameters: muonParameters } }),
      },
      schedule: scheduleOf(options),
      checkpoint: {
        file: join(within, checkpointName(name)),
        log: join(within, logName(name)),
        state,
      },
      flopsPerBatch: flopsOf({ ...divided.gradients, outputs: new Map(gradients) }),
    };
  }
}

const withoutRule = <T extends { readonly applies: unknown }>({ applies: _, ...numbers }: T) => numbers;

/** A batch as a file. */
function encodeBatch(stage: string, inputs: ReadonlyMap<string, Tensor>, batch: Batch): Uint8Array {
  const tensors = new Map<string, FileTensor>();
  for (const [name, { shape, dtype }] of inputs) {
    const data = batch[name];
    if (data?.length !== sizeOf(shape)) {
      throw new SnowglobeError(
        `train: batches of the ${stage} stage have ${data?.length ?? 'no'} values of '${name}' and its graph takes ${sizeOf(shape)}; mend the stage.`,
      );
    }
    tensors.set(name, { dtype: fileTypes[dtype], shape, data } as FileTensor);
  }
  return encodeSafetensors(tensors);
}
