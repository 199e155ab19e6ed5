/** What `export --train` does: the training step of a stage, for other programs. */
import type { StepManifest } from '@snowglobe/train';
import { join } from 'node:path';
import type { Context, Result } from '../command.js';
import { version } from '../label.js';
import { countProgress } from '../progress.js';
import { indent, table } from '../text.js';
import type { TrainingOptions } from './options.js';
import { chosenExecutor } from './options.js';
import { defaultWorld, prepareTraining } from './setup.js';

export interface StepOptions extends TrainingOptions {
  readonly out: string;
  readonly train: string;
  readonly batches: number;
}

/** Writes the folder. @throws SnowglobeError for a stage whose step cannot be exported */
export async function exportTrainingStep(
  context: Pick<Context<unknown>, 'json' | 'note' | 'signal'>,
  clips: readonly string[],
  options: StepOptions,
): Promise<Result> {
  const { out, batches, train } = options;
  const [{ exportTraining }, { runFolderOf }, { openExecutor }, { checkFolderWritable }] = await Promise.all([
    import('@snowglobe/train'),
    import('@snowglobe/train/internal'),
    import('@snowglobe/runtime'),
    import('@snowglobe/runtime/internal'),
  ]);
  const folder = options.run ?? runFolderOf(defaultWorld(clips));
  await checkFolderWritable(out);
  const { data, training } = await prepareTraining(context, clips, { ...options, stages: [train] }, folder);
  const executor = await openExecutor(chosenExecutor(options)).catch((error: unknown) => {
    data.close();
    throw error;
  });
  const progress = countProgress('batches', batches);
  try {
    const { stages, ...shared } = training;
    const manifest = await exportTraining(data, {
      ...{ ...shared, executor, out, batches, stage: stages![0]!, producerVersion: version },
      onBatch: progress.at,
    });
    progress.stop();
    return { json: { out, run: folder, ...manifest }, text: described(manifest, out, folder) };
  } finally {
    progress.stop();
    data.close();
    await executor.close();
  }
}

function described(
  { gradients, update, batches, checkpoint }: StepManifest,
  out: string,
  run: string,
): string {
  const { first, count, framesPerBatch } = batches;
  const last = first + count - 1;
  const files = [
    [gradients.file, 'from a batch to loss and gradients'],
    [update.file, 'from averaged gradients to new parameters and moments'],
    [`${batches.folder}/`, `batches of ${framesPerBatch} frames, of the steps ${first} to ${last}`],
    ['manifest.json', 'what goes in and what comes out'],
  ];
  return [
    `${out}: a training step of the ${checkpoint.state.stage} stage, after ${checkpoint.state.step} steps.`,
    indent(table(files)),
    `Several processes take it together, into a checkpoint that snowglobe train goes on from:`,
    indent(
      `torchrun --nproc-per-node 2 ${join('examples', 'python', 'train_ddp.py')} ${out} ${run} --steps 1000`,
    ),
  ].join('\n');
}
