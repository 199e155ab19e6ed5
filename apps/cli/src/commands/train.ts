import { cpus } from 'node:os';
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Provenance, WorldFamily, WorldFile, WorldModel } from '@snowglobe/model';
import type { Executor } from '@snowglobe/graph';
import type { ChosenFamily, ClipDataset, TrainedWorld } from '@snowglobe/train';
import { InvalidArgumentError, Option } from 'commander';
import type { Command, Context, Result } from '../command.js';
import { UsageError, meaning } from '../command.js';
import { meantBy, namesOf, typed } from '../names.js';
import { numberIn, pathEndingIn, printableTexts, recordingsHelp, integer } from '../options.js';
import { table } from '../text.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

type StageMinutes = Readonly<Record<string, number>>;

interface Options {
  readonly family: string;
  readonly preset: string;
  readonly memory?: number;
  readonly from?: string;
  readonly qat?: string;
  readonly out?: string;
  readonly minutes: number;
  readonly stageMinutes?: StageMinutes;
  readonly actions: 'latent' | 'true';
  readonly seed: number;
  readonly size: Size;
  readonly fps?: number;
  readonly executor: 'auto' | 'onnx' | 'webgpu';
  readonly threads?: number;
  readonly stages?: string[];
  readonly run?: string;
  readonly cache?: string;
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
    command
      .argument('<clips...>', recordingsHelp)
      .option(
        '--family <name>',
        'the kind of world; auto lets the recordings decide (an unknown one lists them)',
        'auto',
      )
      .option(
        '--preset <size>',
        'how large the world is: micro, tiny, memory or small, and what other families have',
        'tiny',
      )
      .option(
        '--memory <frames>',
        'frames that are remembered (default: those of the preset)',
        integer({ min: 1, max: 8192 }),
      )
      .option(
        '--from <world>',
        'go on from a world: its sizes in place of the preset, and its weights; name what is to be trained with --stages',
      )
      .option(
        '--qat <scheme>',
        'quantization-aware training: weights are rounded in training as in the world that is written, such as w4a16-g32',
      )
      .option(
        '--out <file>',
        'the world to write (default: NAME.safetensors after the first clip or folder)',
        pathEndingIn('.safetensors'),
      )
      .option('--minutes <n>', 'training time of all stages together', numberIn(0.01, 100_000), 150)
      .option(
        '--stage-minutes <list>',
        'time of some stages, whatever --minutes says: NAME=MINUTES,NAME=MINUTES (an unknown one lists them)',
        stageMinutes,
      )
      .addOption(
        new Option('--actions <kind>', 'discover them, or take them from key logs')
          .choices(['latent', 'true'])
          .default('latent'),
      )
      .option('--seed <n>', 'decides first weights and batches', integer({ max: 2 ** 31 - 1 }), 1)
      .addOption(
        new Option('--size <WxH>', 'frames of the world, multiples of 16')
          .argParser(size)
          .default({ width: 64, height: 64 }, '64x64'),
      )
      .option(
        '--fps <n>',
        'frames a second (default: those of the first recording; 15 for frames without one)',
        numberIn(0.001, 1000),
      )
      .addOption(
        new Option('--executor <kind>', 'what computes').choices(['auto', 'onnx', 'webgpu']).default('auto'),
      )
      .option('--threads <n>', 'threads of the CPU (default: one a core)', integer({ min: 1, max: 1024 }))
      .option(
        '--stages <names>',
        'only some of the stages, in any order (an unknown one lists them)',
        stageList,
      )
      .option('--run <folder>', 'checkpoints and logs (default: the name of the world with .run)')
      .option('--cache <folder>', 'where decoded frames are kept')
      .option('--licence <text...>', 'licences of what can be seen, for the file', printableTexts);
  },
  async run(context) {
    const { options, args } = context;
    const clips = args[0] as string[];
    const out = options.out ?? `${basename(resolve(clips[0]!), extname(clips[0]!))}.safetensors`;
    const [training, plumbing, { openExecutor, writeWorldFile }, files] = await Promise.all([
      import('@snowglobe/train'),
      import('@snowglobe/train/internal'),
      import('@snowglobe/runtime'),
      import('@snowglobe/runtime/internal'),
    ]);
    const quantization = options.qat === undefined ? undefined : await import('@snowglobe/quantize');
    const scheme = quantization && meaning(() => quantization.schemeNamed(options.qat!));
    // Hours later would be too late to learn that the result cannot be kept.
    const { openRecordings, trainWorld } = training;
    const folder = options.run ?? plumbing.runFolderOf(out);
    await files.checkFolderWritable(folder);
    // The folder of the run, in which a world may be wanted, is made by training.
    if (existsSync(folder) || resolve(dirname(out)) !== resolve(folder)) await files.checkWritable(out);
    const from = options.from === undefined ? undefined : await openBase(options.from);
    const choice = { name: options.family, actions: options.actions };
    // What can be known before recordings are decoded is said before that: some world that they may become must have what is asked for.
    const possible = from ? [] : meaning(() => plumbing.possibleFamilies(choice));
    const sketches = from ? [() => from.model] : possible.map((family) => () => sketch(family, options));
    // With captions a world may have more stages, and without them it has no others.
    const captioned = sketches.map((make) => () => make().learningWords?.(['word']) ?? make());
    const { wanted } = await firstThatWorks(
      [...captioned, ...sketches].map((make) => () => plannedStages(training, make(), options)),
    );
    if (from) await checkTrainable(from, wanted);
    context.note('decoding recordings');
    const data = await openRecordings(clips, {
      ...(from?.model.config ?? options.size),
      ...(options.fps !== undefined && { fps: options.fps }),
      cacheFolder: options.cache ?? files.cacheFolder(),
    });
    let chosen: ChosenFamily | undefined;
    let planned: Awaited<ReturnType<typeof plannedStages>>;
    try {
      if (!from) chosen = await training.chooseFamily(data, choice);
      if (chosen?.remark !== undefined) context.note(chosen.remark);
      const model = from?.model ?? plumbing.modelFor(data, { ...options, ...settledBy(chosen) });
      const future = await plumbing.learnLanguage(model, data, wanted);
      planned = await plannedStages(training, future, options);
      const base = from && { ...from.metadata, config: future.config };
      plumbing.checkFutureWorld(data, future, provenanceOf(context, data, { chosen }), base);
      // A checkpoint holds weights and what the optimizer knows of each, and the one before it is kept.
      const bytes = plumbing.worldBytes(future);
      await files.checkSpace(out, bytes);
      await files.checkSpace(folder, 8 * bytes);
    } catch (error) {
      data.close();
      throw error;
    }
    const { executor: kind, threads } = options;
    const executor = await openExecutor({
      executor: kind,
      ...(threads !== undefined && { threads }),
    });
    const reporter = training.createProgressReporter();
    try {
      const trained = await trainWorld(data, {
        ...{ preset: options.preset, actions: options.actions, ...settledBy(chosen) },
        ...{ plan: planned.plan, seed: options.seed, folder, executor },
        ...(options.memory !== undefined && { memory: options.memory }),
        ...(planned.wanted && { stages: planned.wanted }),
        ...(from && { from }),
        ...(scheme && { weightFormats: (model) => quantization!.trainingFormats(model, scheme) }),
        onProgress: reporter.report,
        onRemark: context.note,
        signal: context.signal,
      });
      reporter.stop();
      const isWorld = trained.finished && trained.isWhole;
      if (isWorld) {
        const provenance = provenanceOf(context, data, {
          ...{ chosen, seconds: trained.seconds, device: executor.device },
        });
        const file = await training.makeWorld(data, trained, { provenance });
        await writeWorldFile(
          out,
          scheme ? await quantized(quantization!, file, scheme.name, executor) : file,
        );
      }
      return report(trained, { out: isWorld ? out : null, folder });
    } finally {
      reporter.stop();
      data.close();
      await executor.close();
    }
  },
};

/** The trained world as its weights were seen in training: rounded to the nearest. */
async function quantized(
  { QuantizationStudy }: typeof import('@snowglobe/quantize'),
  file: WorldFile,
  scheme: string,
  executor: Executor,
): Promise<WorldFile> {
  const study = await QuantizationStudy.open(file, { executor, prompts: [], seed: 0 });
  const plan = study.uniform(scheme, 'rtn');
  return (await study.quantize(plan, { training: 'aware of quantization' })).file;
}

/** Recordings that a world file names. */
const mostNames = 12;

/** The world that training goes on from. */
async function openBase(name: string): Promise<WorldFile> {
  const { findWorld, readWorldFile } = await import('@snowglobe/runtime');
  return readWorldFile(await findWorld(name));
}

/** Weights in few bits take no steps; what stages without steps find can be added to them. @throws SnowglobeError */
async function checkTrainable({ model, metadata }: WorldFile, wanted?: readonly string[]): Promise<void> {
  const { checkNotQuantized } = await import('@snowglobe/model/internal');
  const { stages } = await model.training();
  const takesSteps = wanted?.some((name) => !stages.find((each) => each.name === name)?.finds) ?? true;
  if (takesSteps) checkNotQuantized(metadata, 'train');
}

function size(text: string): Size {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const fits = [width, height].every((side) => side >= 16 && side <= 1024 && side % 16 === 0);
  if (!fits) throw new InvalidArgumentError('It must be WIDTHxHEIGHT in multiples of 16, such as 64x64.');
  return { width, height };
}

function stageList(text: string): string[] {
  const names = namesOf(text, '--stages');
  if (names.length === 0) throw new InvalidArgumentError('It names no stage.');
  return names;
}

/** The stage that somebody means. @throws UsageError */
function stageNamed(name: string, stages: readonly string[]): string {
  const stage = meantBy(name, stages);
  if (stage === undefined) throw new UsageError(`${typed(name)} is none of ${stages.join(', ')}.`);
  return stage;
}

/** A world as it will be, but for what recordings decide: it has the same stages. @throws UsageError */
function sketch(family: WorldFamily, { preset, size, memory, actions }: Options): WorldModel {
  const trueActions = actions === 'true' ? 1 : undefined;
  return meaning(() => family.fromPreset(preset, { ...size, fps: 15 }, { memory, trueActions }));
}

/** The result of the first that does not throw; else what the last one throws is thrown. */
async function firstThatWorks<T>(attempts: readonly (() => Promise<T>)[]): Promise<T> {
  let reason: unknown;
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

/** What `trainWorld` is told of the family. */
const settledBy = (chosen: ChosenFamily | undefined) =>
  chosen && { family: chosen.family.name, findings: chosen.findings };

/** The stages that are wanted, and how long each is trained. @throws UsageError for a stage that the world does not have */
async function plannedStages(
  { planFor }: Pick<typeof import('@snowglobe/train'), 'planFor'>,
  model: WorldModel,
  options: Options,
) {
  const { stages: own } = await model.training();
  const stages = own.map(({ name }) => name);
  const wanted = options.stages?.map((name) => stageNamed(name, stages));
  const minutes = Object.fromEntries(
    Object.entries(options.stageMinutes ?? {}).map(([name, each]) => [stageNamed(name, stages), each]),
  );
  const share = own.reduce((sum, each) => sum + (wanted?.includes(each.name) ? (each.share ?? 0) : 0), 0);
  // Of a world that is gone on from, the other stages are trained no more: all minutes are for those that are wanted.
  const total = options.from !== undefined && share > 0 ? options.minutes / share : options.minutes;
  return { wanted, plan: meaning(() => planFor(own, total, minutes)) };
}

function stageMinutes(text: string): StageMinutes {
  const entries = namesOf(text, '--stage-minutes').map((item): [string, number] => {
    const match = /^([\w-]+)=(\d+(?:\.\d+)?)$/.exec(item);
    const minutes = Number(match?.[2]);
    if (!match || !(minutes > 0)) {
      throw new InvalidArgumentError(`'${item}' is no STAGE=MINUTES; write it such as NAME=60.`);
    }
    return [match[1]!, minutes];
  });
  return Object.fromEntries(entries);
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
