import type { WorldEvaluation } from '@snowglobe/eval';
import { SnowglobeError } from '@snowglobe/graph';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { basename, resolve } from 'node:path';
import { readInput } from '../inputs.js';
import { keptMeasurements } from '../measurements.js';
import { numberIn, recordingsHelp, share, integer, threadsOption } from '../options.js';

interface Options {
  readonly world?: string;
  readonly data: string[];
  readonly reader?: string[];
  readonly readerClips: number;
  readonly stride: number;
  readonly prefill: number;
  readonly seed: number;
  readonly temperature: number;
  readonly confidenceThreshold?: number;
  readonly threads?: number;
  readonly cache?: string;
  readonly steps?: number;
  readonly long?: true;
  readonly physics?: true;
  readonly memory?: true;
  readonly words?: true;
  readonly events?: true;
  readonly sentences: number;
  readonly candidates: number;
  readonly rephrase?: string;
  readonly frames?: number;
  readonly starts: number;
  readonly idleSeconds: number;
  readonly legend?: string;
  readonly rules?: string;
  readonly rollouts: boolean;
  readonly keep?: true;
}

/** Measures a world on recordings that it was not trained on. */
export const evaluate: Command<Options> = {
  name: 'eval',
  summary: 'measure a world on recordings that it never saw',
  description:
    'PSNR of reconstructed frames, of rollouts from one prompt frame each and of repeating that frame, how far actions steer ' +
    '(delta-4 PSNR), what its family measures beside, and, where recordings have key logs, how much latent actions tell ' +
    'about the true ones.',
  examples: [
    ['eval --world coinrun --data clips/test', 'PSNR of rollouts, and what steers'],
    [
      'eval --world coinrun --data clips/test --reader clips/train --json',
      'also trains the supervised bound of latent actions',
    ],
    [
      'eval crafter --data clips/test --no-rollouts --long --physics --memory --legend legend.json --rules crafter.json',
      'whether it holds for 3,600 frames, keeps the rules of its game and remembers',
    ],
  ],
  configure(command) {
    command
      .argument('[world]', 'name of a world, or path of its file; the same as --world')
      .option('--world <world>', 'name of a world, or path of its file')
      .requiredOption('--data <paths...>', recordingsHelp)
      .option('--reader <paths...>', 'other recordings with key logs, to train a supervised reader on')
      .option('--reader-clips <n>', 'how many of those it sees', integer({ min: 1, max: 1_000_000 }), 300)
      .option('--stride <n>', 'frames between starts of rollouts', integer({ min: 1, max: 100_000 }), 16)
      .option(
        '--prefill <frames>',
        'recorded frames that fill the memory of the world before each rollout, beside the prompt',
        integer({ max: 100_000 }),
        0,
      )
      .option('--seed <n>', 'decides random actions', integer({ max: 2 ** 31 - 1 }), 0)
      .option('--temperature <t>', 'of rollouts; 0: always the likeliest', numberIn(0, 100), 0)
      .option(
        '--confidence-threshold <p>',
        'what is less likely than this (0 to 1) is not sampled (default: as the world is played)',
        share,
      )
      .addOption(threadsOption())
      .option('--cache <folder>', 'where decoded frames are kept')
      .option(
        '--steps <n>',
        'also plays 16 worlds for so many frames with random keys, and looks whether they hold together',
        integer({ min: 20, max: 100_000 }),
      )
      .option('--no-rollouts', 'leave out what is measured without being asked for')
      .option('--long', 'whether the world holds when it is played for long: drift, melting, detail, idling')
      .option(
        '--physics',
        'whether keys do what they did in the recordings, how soon, and, by a legend and rules, what the world does to the laws of the game',
      )
      .option('--memory', 'whether places are as they were when a walk comes back after 50 and 300 frames')
      .option('--words', 'whether first frames show what the captions of the recordings ask for')
      .option('--events', 'whether what recorded games were told comes about when the world is told it')
      .option('--sentences <n>', 'captions that --words draws', integer({ min: 2, max: 100_000 }), 200)
      .option(
        '--rephrase <file>',
        'JSON: phrases of the captions, and what --words says in their place, to see whether other words are understood',
      )
      .option(
        '--candidates <n>',
        'frames that --words draws of each, to choose the best',
        integer({ min: 1, max: 16 }),
        8,
      )
      .option(
        '--frames <n>',
        'frames of each long walk (default: 3600)',
        integer({ min: 60, max: 1_000_000 }),
      )
      .option('--starts <n>', 'walks that are measured', integer({ min: 1, max: 1024 }), 16)
      .option('--idle-seconds <n>', 'how long --long does nothing', numberIn(0.1, 3600), 60)
      .option('--legend <file>', 'JSON that names what each cell of the game can show, to read frames by')
      .option('--rules <file>', 'JSON with the rules of the game, in the words of the legend')
      .option('--keep', 'write the figures into the file of the world');
  },
  async run({ args, options, note }) {
    const name = options.world ?? args[0];
    if (typeof name !== 'string') throw new UsageError('Say which world: eval --world NAME --data CLIPS');
    const [
      { evaluateWorld, measureWorld },
      training,
      runtime,
      plumbing,
      { countParameters },
      { figureTables },
    ] = await Promise.all([
      import('@snowglobe/eval'),
      import('@snowglobe/train'),
      import('@snowglobe/runtime'),
      import('@snowglobe/runtime/internal'),
      import('@snowglobe/model'),
      import('../figure_tables.js'),
    ]);
    const { createNodeOnnxExecutor, findWorld, openWeights, readWorldFile } = runtime;
    const { actionTable, cacheFolder } = plumbing;
    const asked = await measurementsAsked(options);
    const path = await findWorld(name);
    const file = await readWorldFile(path);
    const { config } = file.metadata;
    const open = (paths: readonly string[]) =>
      training.openRecordings(paths, { ...config, cacheFolder: options.cache ?? cacheFolder() });
    const data = await open(options.data);
    const reader = options.reader && (await open(options.reader));
    const readerData = reader?.subset([...reader.clips.keys()].slice(0, options.readerClips));
    const threads = options.threads ? { threads: options.threads } : {};
    const { executor, store } = openWeights(createNodeOnnxExecutor(threads), file, path);
    try {
      const { stride, prefill, seed, temperature } = options;
      const certainty = options.confidenceThreshold ?? file.metadata.play?.certainty ?? 0;
      const keys = actionTable(file);
      const kvCache = file.metadata.quantization?.kvCache?.bits;
      const how = {
        ...{ executor, store, seed, kvCache, keys, confidenceThreshold: certainty },
        actionNames: file.metadata.actionNames,
      };
      const playTemperature = file.metadata.play?.temperature ?? 1;
      const evaluation = options.rollouts
        ? await evaluateWorld(data, file.model, {
            ...{
              ...how,
              stride,
              prefill,
              temperature,
              onRemark: note,
              longTemperature: playTemperature,
            },
            ...(readerData && {
              reader: {
                actionNames: readerData.actionNames,
                train: (model, how) => training.trainProbe(readerData, model, how),
              },
            }),
            ...(options.steps !== undefined && { longSteps: options.steps }),
            parameters: countParameters(file.metadata, file.tensors),
          })
        : undefined;
      const measurements = await measureWorld(data, file.model, {
        ...{ ...how, ...asked, world: file, temperature: playTemperature, onRemark: note },
      });
      if (options.keep) {
        const recordings = options.data.map((each) => basename(resolve(each))).join(', ');
        const about = { recordings, starts: options.starts, seed, temperature: playTemperature };
        const kept = {
          ...file.metadata,
          ...(evaluation && { evaluation: figures(evaluation, { stride, prefill, certainty }) }),
          measurements: { ...file.metadata.measurements, ...keptMeasurements(measurements, about) },
        };
        await runtime.writeWorldFile(path, { ...file, metadata: kept });
      }
      const json = {
        world: path,
        ...(evaluation && { stride, prefill, temperature }),
        certainty,
        ...(evaluation && toJson(evaluation)),
        ...measurements,
      };
      const tables = figureTables(measurements);
      return {
        json,
        text: [...(evaluation ? [describe(evaluation, stride)] : []), ...tables].join('\n\n'),
      };
    } finally {
      data.close();
      reader?.close();
      await executor.close();
    }
  },
};

/** What is to be measured beside rollouts, with the files that it takes, which are checked before anything takes time. */
async function measurementsAsked(options: Options) {
  const { long, physics, memory, words, events, frames, starts, idleSeconds, rollouts } = options;
  const { sentences, candidates } = options;
  if (!rollouts && !long && !physics && !memory && !words && !events) {
    throw new UsageError(
      'eval: without rollouts there is nothing to measure; add --long, --physics, --memory, --words or --events.',
    );
  }
  if (options.rules !== undefined && options.legend === undefined) {
    throw new UsageError('eval: rules are in the words of a legend; give it with --legend.');
  }
  const [{ parseLegend, parseRules }, { parseEditedJson }] = await Promise.all([
    import('@snowglobe/eval'),
    import('@snowglobe/media/internal'),
  ]);
  const jsonOf = async (path: string, what: string): Promise<unknown> =>
    parseEditedJson(await readInput(path, what), path, 'mend it');
  const legend =
    options.legend === undefined
      ? undefined
      : parseLegend(await jsonOf(options.legend, 'a legend in JSON'), options.legend);
  const rules =
    legend && options.rules !== undefined
      ? parseRules(await jsonOf(options.rules, 'rules in JSON'), options.rules, legend)
      : undefined;
  const rephrase =
    options.rephrase === undefined
      ? undefined
      : phrasesIn(await jsonOf(options.rephrase, 'phrases in JSON'), options.rephrase);
  return {
    ...{ legend, rules, starts },
    ...(long && { long: { frames, idleSeconds } }),
    ...(physics && { physics: {} }),
    ...(memory && { memory }),
    ...(words && { words: { sentences, candidates, ...(rephrase && { rephrase }) } }),
    ...(events && { events: {} }),
  };
}

/** Phrases by what is said in their place. @throws SnowglobeError for anything else */
function phrasesIn(json: unknown, source: string): Readonly<Record<string, string>> {
  const entries = typeof json === 'object' && json !== null ? Object.entries(json) : [];
  if (entries.length > 0 && entries.every(([, phrase]) => typeof phrase === 'string')) {
    return Object.fromEntries(entries) as Record<string, string>;
  }
  throw new SnowglobeError(`${source}: it must be an object of phrases, {"a lake": "a pond"}; mend it.`);
}

/** By the name of the part that reconstructs frames. */
const psnrOf = ({ name }: { readonly name: string }): string => `${name}Psnr`;

function toJson({ reconstruction, longRuns, figures: own, ...evaluation }: WorldEvaluation): object {
  const { clips, frames, latentActions, parameters, ...rest } = evaluation;
  const { reconstructionPsnr, detail, ...long } = longRuns ?? {};
  return {
    ...{ clips, frames },
    ...(reconstruction && { [psnrOf(reconstruction)]: reconstruction.psnr }),
    ...rest,
    ...(latentActions && { latentActions }),
    ...(longRuns && {
      longRuns: {
        ...long,
        ...(reconstruction && { [psnrOf(reconstruction)]: reconstructionPsnr }),
        detail,
      },
    }),
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
    parameters,
  };
}

/** What a world's file says about itself. */
function figures(evaluation: WorldEvaluation, how: Readonly<Record<string, number>>): Record<string, number> {
  const { rollouts, latentActions, longRuns, reconstruction } = evaluation;
  const plain = Object.entries(toJson(evaluation)).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] !== 0,
  );
  const again = reconstruction && psnrOf(reconstruction);
  return {
    ...Object.fromEntries(plain),
    rolloutStarts: rollouts.starts,
    ...how,
    ...(longRuns && { longRunSteps: longRuns.steps }),
    ...(longRuns?.reconstructionPsnr !== undefined &&
      again !== undefined && {
        [`longRun${again[0]!.toUpperCase()}${again.slice(1)}`]: longRuns.reconstructionPsnr,
      }),
    ...(longRuns && { longRunDetail: longRuns.detail }),
    ...(latentActions && {
      latentActionsAccuracy: latentActions.accuracy,
      latentActionsBits: latentActions.mutualInformationBits,
    }),
    ...(latentActions?.reader && { supervisedReaderBits: latentActions.reader.bestGuessBits }),
  };
}

function describe(evaluation: WorldEvaluation, stride: number): string {
  const { reconstruction, rollouts, latentActions, rolloutLatentPsnr, rolloutTruePsnr } = evaluation;
  const dB = (value: number): string => value.toFixed(2);
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const row = (values: readonly number[]): string => values.map((value) => dB(value).padStart(6)).join(' ');
  const rollout = rolloutLatentPsnr ?? rolloutTruePsnr!;
  const kind = rolloutLatentPsnr === undefined ? 'true' : 'latent';
  const lines = [
    ...(reconstruction ? [`${reconstruction.name.padEnd(20)} ${dB(reconstruction.psnr)} dB`] : []),
    `rollout, ${rollouts.followed.length} frames   ${dB(rollout)} dB with ${kind} actions (repeating the prompt ${dB(evaluation.copyPromptPsnr)}; ${rollouts.starts} starts, every ${stride} frames)`,
    `  frame by frame     ${row(rollouts.followed)}`,
    `  random actions     ${row(rollouts.random)}`,
    `  repeating          ${row(rollouts.copied)}`,
    `delta-4 PSNR         ${dB(evaluation.deltaPsnr4)} dB`,
    ...evaluation.figures.map(
      ({ title, value, digits, unit }) => `${title.padEnd(20)} ${value.toFixed(digits)} ${unit}`,
    ),
    `parameters           ${(evaluation.parameters / 1e6).toFixed(2)} million`,
  ];
  const { longRuns } = evaluation;
  if (longRuns) {
    lines.push(
      `after ${longRuns.steps} frames     ` +
        (longRuns.reconstructionPsnr === undefined
          ? ''
          : `${dB(longRuns.reconstructionPsnr)} dB reconstructed, `) +
        `${percent(longRuns.detail)} of the prompts' detail`,
    );
  }
  if (latentActions) {
    const { mutualInformationBits, entropyBits, accuracy, perClass, usage } = latentActions;
    lines.push(
      `latent actions       ${mutualInformationBits.toFixed(3)} bits of ${entropyBits.toFixed(2)}; codes used ${usage.map(percent).join(' ')}`,
      `  accuracy           ${percent(accuracy)}: ${Object.entries(perClass)
        .map(([name, right]) => `${name} ${percent(right)}`)
        .join(', ')}`,
    );
  }
  if (latentActions?.reader) {
    const { bestGuessBits, crossEntropyBits } = latentActions.reader;
    const reached = (bits: number): string => percent(latentActions.mutualInformationBits / bits);
    lines.push(
      `supervised reader    ${bestGuessBits.toFixed(3)} bits by its best guess (${reached(bestGuessBits)} reached), ` +
        `${crossEntropyBits.toFixed(3)} by its probabilities (${reached(crossEntropyBits)})`,
    );
  }
  return lines.join('\n');
}
