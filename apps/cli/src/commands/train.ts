import { cpus } from 'node:os';
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Provenance, WorldFile } from '@snowglobe/model';
import type { Executor } from '@snowglobe/graph';
import type { ChosenFamily, ClipDataset, TrainedWorld } from '@snowglobe/train';
import { InvalidArgumentError } from 'commander';
import type { Command, Context, Result } from '../command.js';
import { namesOf } from '../names.js';
import { pathEndingIn, printableTexts, recordingsHelp } from '../options.js';
import { table } from '../text.js';
import type { TrainingOptions } from '../training/options.js';
import { addTrainingOptions, chosenExecutor } from '../training/options.js';
import { defaultWorld, prepareTraining } from '../training/setup.js';

interface Options extends TrainingOptions {
  readonly out?: string;
  readonly stages?: string[];
  readonly licence?: string[];
}

/** Learns a world from video. */
export const train: Command<Options> = {
  name: 'train',
  summary: 'learn a playable world from plain gameplay video',
  description:
    'Learns how frames look, what can be done and what comes next, from video alone. It can be ' +
    'stopped at any moment: the same command goes on from the last checkpoint. Losses and pictures are plotted in ' +
    'report.html of the run folder.',
  examples: [
    ['train my-game.mp4 --out my-game.safetensors', 'a world from one recording, or from a folder of them'],
    ['train clips --preset micro --minutes 2 --out w.safetensors', 'a very small one, to see that it works'],
    [
      'train clips --actions true',
      'with the keys of the logs beside the videos instead of discovered actions',
    ],
  ],
  stopsInOrder: true,
  configure(command) {
    command.argument('<clips...>', recordingsHelp);
    addTrainingOptions(command);
    command
      .option(
        '--out <file>',
        'the world to write (default: NAME.safetensors after the first clip or folder)',
        pathEndingIn('.safetensors'),
      )
      .option(
        '--stages <names>',
        'only some of the stages, in any order (an unknown one lists them)',
        stageList,
      )
      .option('--licence <text...>', 'licences of what can be seen, for the file', printableTexts);
  },
  async run(context) {
    const { options, args } = context;
    const clips = args[0] as string[];
    const out = options.out ?? defaultWorld(clips);
    const [training, plumbing, { openExecutor, writeWorldFile }, files] = await Promise.all([
      import('@snowglobe/train'),
      import('@snowglobe/train/internal'),
      import('@snowglobe/runtime'),
      import('@snowglobe/runtime/internal'),
    ]);
    // Hours later would be too late to learn that the result cannot be kept.
    const folder = options.run ?? plumbing.runFolderOf(out);
    await files.checkFolderWritable(folder);
    // The folder of the run, in which a world may be wanted, is made by training.
    if (existsSync(folder) || resolve(dirname(out)) !== resolve(folder)) await files.checkWritable(out);
    const prepared = await prepareTraining(context, clips, options, folder);
    const { data, chosen, from, future, scheme } = prepared;
    const reporter = training.createProgressReporter();
    let executor: Executor | undefined;
    try {
      const base = from && { ...from.metadata, config: future.config };
      plumbing.checkFutureWorld(data, future, provenanceOf(context, data, { chosen }), base);
      // A checkpoint holds weights and what the optimizer knows of each, and the one before it is kept.
      const bytes = plumbing.worldBytes(future);
      await files.checkSpace(out, bytes);
      await files.checkSpace(folder, 8 * bytes);
      executor = await openExecutor(chosenExecutor(options));
      const trained = await training.trainWorld(data, {
        ...prepared.training,
        executor,
        onProgress: reporter.report,
      });
      reporter.stop();
      const isWorld = trained.finished && trained.isWhole;
      if (isWorld) {
        const provenance = provenanceOf(context, data, {
          ...{ chosen, seconds: trained.seconds, device: executor.device },
        });
        const file = await training.makeWorld(data, trained, { provenance });
        await writeWorldFile(out, scheme === undefined ? file : await quantized(file, scheme, executor));
      }
      return report(trained, { out: isWorld ? out : null, folder });
    } finally {
      reporter.stop();
      data.close();
      await executor?.close();
    }
  },
};

/** The trained world as its weights were seen in training: rounded to the nearest. */
async function quantized(file: WorldFile, scheme: string, executor: Executor): Promise<WorldFile> {
  const { QuantizationStudy } = await import('@snowglobe/quantize');
  const study = await QuantizationStudy.open(file, { executor, prompts: [], seed: 0 });
  const plan = study.uniform(scheme, 'rtn');
  return (await study.quantize(plan, { training: 'aware of quantization' })).file;
}

/** Recordings that a world file names. */
const mostNames = 12;

function stageList(text: string): string[] {
  const names = namesOf(text, '--stages');
  if (names.length === 0) throw new InvalidArgumentError('It names no stage.');
  return names;
}

function provenanceOf(
  { args, options }: Context<Options>,
  data: ClipDataset,
  {
    chosen,
    seconds = {},
    device = '',
  }: {
    readonly chosen?: ChosenFamily | undefined;
    readonly seconds?: TrainedWorld['seconds'];
    readonly device?: string;
  } = {},
): Provenance {
  const total = Object.values(seconds).reduce((sum, each) => sum + each, 0);
  const clips = (args[0] as string[]).map((path) => basename(resolve(path)));
  const names =
    clips.length > mostNames ? [...clips.slice(0, mostNames), `and ${clips.length - mostNames} more`] : clips;
  const { preset, minutes, memory, actions, seed } = options;
  const { family, remark } = chosen ?? {};
  const kind = family && (remark ?? options.family !== 'auto') ? `--family ${family.name} ` : '';
  const base = options.from === undefined ? `${kind}--preset ${preset}` : `--from ${basename(options.from)}`;
  const frames = memory === undefined ? '' : ` --memory ${memory}`;
  const aware = options.qat === undefined ? '' : ` --qat ${options.qat}`;
  const some = options.stages === undefined ? '' : ` --stages ${options.stages.join(',')}`;
  const set = Object.entries(options.stageMinutes ?? {}).map(([stage, time]) => `${stage}=${time}`);
  const times = set.length > 0 ? ` --stage-minutes ${set.join(',')}` : '';
  const processors = cpus();
  return {
    command: `snowglobe train ${names.join(' ')} ${base}${frames}${aware}${some} --minutes ${minutes}${times} --actions ${actions} --seed ${seed}`,
    seeds: [seed],
    hours: Math.round((total / 3600) * 1000) / 1000,
    machine: `${device}; ${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores`,
    data: `${names.join(', ')}: ${data.clips.length} clips, ${data.totalFrames} frames of ${data.width}x${data.height} at ${data.fps} a second`,
    licences: options.licence ?? [],
  };
}

function report(
  { model, finished, seconds, results }: TrainedWorld,
  { out, folder }: { readonly out: string | null; readonly folder: string },
): Result {
  const rows = Object.entries(seconds).map(([name, spent]) => {
    const result = results[name];
    const rates = result
      ? [
          `${result.step} steps`,
          `${((result.step * result.framesPerStep) / spent).toFixed(0)} frames/s`,
          `${((result.step * result.flopsPerStep) / spent / 1e9).toFixed(1)} model GFLOP/s`,
        ]
      : ['', '', ''];
    return [name, `${(spent / 60).toFixed(1)} min`, ...rates];
  });
  const end = out
    ? `The world is in ${out}.`
    : finished
      ? 'These stages are trained; without --stages the same command trains the rest.'
      : 'Stopped before the end; the same command goes on from here.';
  const page = join(folder, 'report.html');
  return {
    json: {
      ...{ world: out, finished, report: page, config: model.config },
      stages: Object.fromEntries(
        Object.entries(seconds).map(([name, spent]) => {
          const result = results[name];
          return [
            name,
            {
              seconds: spent,
              ...(result && {
                steps: result.step,
                framesPerSecond: (result.step * result.framesPerStep) / spent,
                gflops: (result.step * result.flopsPerStep) / spent / 1e9,
              }),
            },
          ];
        }),
      ),
    },
    text: `${table(rows)}\n${end} Plots: ${page}`,
  };
}
