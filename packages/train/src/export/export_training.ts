import { SnowglobeError } from '@snowglobe/graph';
import { basename } from 'node:path';
import type { ClipDataset } from '../data/index.js';
import { openStages, takeStage } from '../pipeline/open_stages.js';
import { modelFor } from '../pipeline/pipeline.js';
import { folderOfStart } from '../pipeline/restarts.js';
import type { TrainOptions } from '../pipeline/train_options.js';
import type { StepExport } from './export_step.js';
import { exportStep } from './export_step.js';
import type { StepManifest } from './manifest.js';

/** Which step of a world's training is exported. */
export interface TrainingExport
  extends Omit<TrainOptions, 'stages'>, Pick<StepExport, 'batches' | 'onBatch' | 'out' | 'producerVersion'> {
  /** Name of the stage. Those that it needs come from their checkpoints in the run folder. */
  readonly stage: string;
}

/**
 * Writes a training step of a world for other programs, see `exportStep`. Of a stage that is trained from several first weights it is
 * the first start.
 * @throws SnowglobeError for a stage that takes no steps, or needs one that was not trained; whatever `exportStep` throws
 */
export async function exportTraining(data: ClipDataset, options: TrainingExport): Promise<StepManifest> {
  const { stage: wanted, from, folder, signal } = options;
  const { out, batches, onBatch, producerVersion } = options;
  const opened = await openStages(from?.model ?? modelFor(data, options), data, {
    ...options,
    stages: [wanted],
  });
  const { training, model, todo } = opened;
  for (const stage of training.stages) {
    if (signal?.aborted) break;
    if (stage.name !== wanted) {
      if (todo.load.has(stage.name) && !stage.finds) await takeStage(opened, stage, { loadOnly: true });
      continue;
    }
    if (stage.finds) {
      throw new SnowglobeError(
        `train: the ${wanted} stage takes no steps, it reads what it finds off the recordings in seconds; train it with snowglobe train.`,
      );
    }
    const ofStart = stage.restarts === undefined ? undefined : folderOfStart(folder, wanted, 0);
    return exportStep(
      { ...(await opened.define(stage)), ...(ofStart !== undefined && { folder: ofStart }) },
      {
        ...{ out, batches, family: model.family, config: model.config },
        ...(ofStart !== undefined && { within: basename(ofStart) }),
        ...(onBatch && { onBatch }),
        ...(producerVersion !== undefined && { producerVersion }),
      },
    );
  }
  throw new SnowglobeError('train: the export was stopped; nothing of it can be used, start it again.');
}
