import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FrameConfig, KvCacheBits, WorldFile } from '@snowglobe/model';
import type { Comparison, LayerPlan, QuantizationStudy, Plan } from '@snowglobe/quantize';
import type { Executor, VariableStore } from '@snowglobe/graph';
import { InvalidArgumentError } from 'commander';
import type { Command, Context } from '../command.js';
import { UsageError, meaning } from '../command.js';
import { readInput } from '../inputs.js';
import { numberIn, pathEndingIn, recordingsHelp, integer, threadsOption } from '../options.js';
import { checkNotInput } from '../outputs.js';
import { countProgress } from '../progress.js';
import { describe, evaluationOf, toJson, writePage } from '../quantization_report.js';
import { executorKinds, executorsAtHand, executorsOf } from '../timed_executors.js';

interface Options {
  readonly world?: string;
  readonly scheme?: string;
  readonly algorithm: string;
  readonly out?: string;
  readonly data?: string[];
  readonly test?: string[];
  readonly maxBytes?: number;
  readonly maxKl?: number;
  readonly from: string[];
  readonly kv?: KvCacheBits;
  readonly plan?: string;
  readonly savePlan?: string;
  readonly compare?: string[];
  readonly html?: string;
  readonly executors?: string[];
  readonly measure: boolean;
  readonly words: boolean;
  readonly layers?: true;
  readonly starts: number;
  readonly runs: number;
  readonly plugin?: string[];
  readonly seed: number;
  readonly threads?: number;
  readonly cache?: string;
}

/** Makes worlds small, and says what that costs. */
export const quantize: Command<Options> = {
  name: 'quantize',
  summary: 'keep a world’s weights in few bits, and measure what that costs',
  description:
    'Quantizes the matrices of a world by a scheme and an algorithm, by a plan, or by what a budget allows for each layer, and ' +
    'compares the result with the float world: KL divergence and top-1 agreement of what it predicts in the same states, ' +
    'PSNR of rollouts and of reconstructed frames, size, memory and speed. Without --data the world is calibrated by its own play.',
  examples: [
    ['quantize coinrun --scheme w4a16-g32 --out small.safetensors', '4 bits, by GPTQ, and what it costs'],
    [
      'quantize coinrun --max-bytes 3300000 --out small.safetensors --save-plan plan.json',
      'chooses a scheme for each layer to fit in 3.3 MB',
    ],
    [
      'quantize my.safetensors --scheme w4a8-g32 --data clips frames platformer:1',
      'calibrated on videos, PNG frames and a simulated game',
    ],
    ['quantize coinrun --plan plan.json --out again.safetensors', 'applies a plan, perhaps edited'],
    ['quantize coinrun --compare all --html schemes.html', 'the table of all schemes, and a page with plots'],
  ],
  configure(command) {
    command
      .argument('[world]', 'name of a world, or path of its file')
      .option('--world <world>', 'name of a world, or path of its file')
      .option(
        '--scheme <name>',
        'scheme of every layer: w4a16-g32, nf4-g64, w8a16, … (an unknown one lists them)',
      )
      .option(
        '--algorithm <name>',
        'rtn, mse, hqq, gptq, awq, smoothquant, rotate, or several joined by +',
        'gptq',
      )
      .option('--out <file>', 'where the quantized world is written', pathEndingIn('.safetensors'))
      .option(
        '--data <paths...>',
        `to calibrate on (default: pictures that come with the world): ${recordingsHelp}`,
      )
      .option('--test <paths...>', 'the same to measure on (default: what the float world plays itself)')
      .option(
        '--max-bytes <n>',
        'largest size of the file; layers get the schemes that fit',
        integer({ min: 1 }),
      )
      .option(
        '--max-kl <nats>',
        'largest divergence of what the world predicts; layers get the schemes that it takes',
        numberIn(0, 100),
      )
      .option('--from <schemes...>', 'schemes that a budget chooses from', ['nf4-g64', 'w8a16'])
      .option(
        '--kv <bits>',
        'bits of the keys and values that play remembers: 8; --compare measures each scheme with and without',
        kvBits,
      )
      .option('--plan <file>', 'a plan that --save-plan wrote, perhaps edited')
      .option('--save-plan <file>', 'where the plan is written', pathEndingIn('.json'))
      .option('--compare <schemes...>', 'measure several schemes, or all')
      .option('--html <file>', 'where a page with plots, layers and frames is written', pathEndingIn('.html'))
      .option(
        '--executors <names...>',
        `executors to time: ${executorKinds.join(', ')}, or none (default: those at hand); each has 15 minutes in all`,
      )
      .option(
        '--no-words',
        'leave out what draws first frames from sentences, more than half of a small world',
      )
      .option('--no-measure', 'only write the file')
      .option('--layers', 'also measure what each layer of --scheme costs alone, for the page')
      .option('--starts <n>', 'rollouts that are measured, about', integer({ min: 2, max: 100_000 }), 64)
      .option('--runs <n>', 'runs of the float world that are compared', integer({ min: 2, max: 10_000 }), 32)
      .option('--plugin <files...>', 'modules whose default export is a scheme, or several')
      .option('--seed <n>', 'decides calibration, masks and random actions', integer({ max: 2 ** 31 - 1 }), 0)
      .addOption(threadsOption())
      .option('--cache <folder>', 'where decoded frames are kept');
  },
  async run(context) {
    const { args, options, note } = context;
    const name = options.world ?? args[0];
    if (typeof name !== 'string') throw new UsageError('Say which world: quantize NAME --scheme w4a16-g32');
    const wanted = options.executors && executorsOf(options.executors);
    checkWhat(options);
    const [library, runtime, { checkWritable, writeFileAtomically }, { checkNotQuantized, withoutWords }] =
      await Promise.all([
        import('@snowglobe/quantize'),
        import('@snowglobe/runtime'),
        import('@snowglobe/runtime/internal'),
        import('@snowglobe/model/internal'),
      ]);
    await registerPlugins(options.plugin ?? []);
    // Names are checked before anything takes time.
    meaning(() => library.parseAlgorithm(options.algorithm));
    const all = options.compare?.includes('all');
    const named = [options.scheme, ...(all ? [] : (options.compare ?? [])), ...options.from];
    for (const scheme of named) if (scheme !== undefined) meaning(() => library.schemeNamed(scheme));
    const planText =
      options.plan === undefined ? undefined : await readInput(options.plan, 'a plan that --save-plan wrote');
    for (const path of [options.out, options.savePlan, options.html]) if (path) await checkWritable(path);

    const path = await runtime.findWorld(name);
    await checkNotInput(options.out, path);
    const whole = await runtime.readWorldFile(path);
    checkNotQuantized(whole.metadata, path);
    const file = options.words ? whole : withoutWords(whole, path);
    const { config } = file.model;
    if (options.kv) file.model.checkKvCache();
    const given = planText && library.parsePlan(planText, await library.layersOfWorld(file), options.plan!);
    if (options.maxBytes !== undefined) await library.checkBytes(file, waysOf(options), options.maxBytes);
    const executors = !options.measure ? [] : (wanted ?? (await executorsAtHand(note)));
    const executor = runtime.createNodeOnnxExecutor(options.threads ? { threads: options.threads } : {});
    const progress = reporter(context);
    let opened: QuantizationStudy | undefined;
    try {
      const study = await library.QuantizationStudy.open(file, {
        ...{ executor, seed: options.seed, runs: options.runs, threads: options.threads },
        onProgress: progress.at,
        prompts: plays(library, options) ? await promptsOf(options, path, config) : [],
        recordings:
          options.test && (await recordings(options, file, runtime.openWeights(executor, file, path))),
      });
      opened = study;
      if (usesStatistics(library, options)) await study.calibrate();

      if (options.compare) {
        const plans = library.plansToCompare(study, {
          schemes: all ? undefined : options.compare,
          ...{ algorithm: options.algorithm, kvCache: options.kv },
        });
        const comparison = await library.compare(study, plans, { world: basename(name), executors });
        progress.stop();
        if (options.html) await writePage(options.html, comparison, study, config);
        return { json: toJson(comparison), text: describe(comparison) };
      }

      const plan = library.withKvCache(given ?? (await planOf(study, options)), options.kv);
      const { evaluation: _, measurements: __, ...about } = file.metadata;
      const quantized = await study.quantize(plan, {
        world: basename(name),
        calibration: options.data ? options.data.map((each) => basename(each)).join(', ') : 'own play',
        seed: options.seed,
      });
      let comparison: Comparison | undefined;
      if (options.measure) {
        if (options.layers && options.scheme !== undefined) {
          await study.measureLayers([{ scheme: options.scheme, algorithm: options.algorithm }]);
        }
        comparison = await library.compare(study, [quantized], { world: basename(name), executors });
      }
      progress.stop();
      if (options.savePlan) {
        await writeFileAtomically(options.savePlan, new TextEncoder().encode(library.encodePlan(plan)));
      }
      if (options.out) {
        const { quantization } = quantized.file.metadata;
        const evaluation = comparison ? evaluationOf(comparison.schemes[0]!) : {};
        const metadata = { ...about, evaluation, ...(quantization && { quantization }) };
        await runtime.writeWorldFile(options.out, { ...quantized.file, metadata });
      }
      if (options.html && comparison) {
        await writePage(options.html, comparison, study, config);
      }
      note(options.out ? `wrote ${options.out}` : 'nothing was written; --out FILE keeps the world');
      const json = { ...(options.out && { out: options.out }), bytes: quantized.bytes, plan: plan.name };
      return {
        json: comparison ? { ...json, ...toJson(comparison) } : json,
        text: comparison ? describe(comparison) : `${plan.name}: ${quantized.bytes} bytes`,
      };
    } finally {
      progress.stop();
      await opened?.close();
      await executor.close();
    }
  },
};

type Library = typeof import('@snowglobe/quantize');

function kvBits(text: string): KvCacheBits {
  if (text.trim() === '8') return 8;
  throw new InvalidArgumentError('It must be 8; without it keys and values stay floats.');
}

function checkWhat({ scheme, plan, maxBytes, maxKl, compare }: Options): void {
  const budget = maxBytes !== undefined || maxKl !== undefined;
  const asked = [scheme !== undefined, plan !== undefined, budget, compare !== undefined].filter(
    Boolean,
  ).length;
  if (asked !== 1) {
    throw new UsageError(
      'Say one of --scheme NAME, --plan FILE, --compare NAMES, or a budget (--max-bytes N, --max-kl NATS)',
    );
  }
}

async function registerPlugins(files: readonly string[]): Promise<void> {
  const [{ registerPlugin }, { SnowglobeError }] = await Promise.all([
    import('@snowglobe/quantize'),
    import('@snowglobe/graph'),
  ]);
  for (const file of files) {
    let module: { readonly default?: unknown };
    try {
      module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
    } catch (cause) {
      throw new SnowglobeError(`${file}: it cannot be loaded as a module (${(cause as Error).message}).`, {
        cause,
      });
    }
    registerPlugin(module.default, file);
  }
}

function usesStatistics(library: Library, { algorithm, plan, compare }: Options): boolean {
  return (
    plan !== undefined || compare !== undefined || library.needsStatistics(library.parseAlgorithm(algorithm))
  );
}

/** Whether the float world has to play: to be calibrated, or to be compared with. */
const plays = (library: Library, options: Options): boolean =>
  options.measure || options.scheme === undefined || usesStatistics(library, options);

/** What a budget chooses from. */
const waysOf = ({ from, algorithm }: Options): LayerPlan[] => from.map((scheme) => ({ scheme, algorithm }));

async function planOf(study: QuantizationStudy, options: Options): Promise<Plan> {
  const { scheme, algorithm, maxBytes, maxKl } = options;
  if (scheme !== undefined) return study.uniform(scheme, algorithm);
  const chosen = await study.choose(waysOf(options), {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxKl !== undefined && { maxKl }),
  });
  return chosen.plan;
}

/** Frames to calibrate from: of recordings, or the pictures that come with the world. */
async function promptsOf(options: Options, path: string, config: FrameConfig): Promise<Float32Array[]> {
  const { width, height } = config;
  const { pixelsOf } = await import('@snowglobe/model/internal');
  if (!options.data) {
    const [{ decodeImage, resize, toRgb }, { locateWorlds }, { SnowglobeError }] = await Promise.all([
      import('@snowglobe/media'),
      import('@snowglobe/runtime'),
      import('@snowglobe/graph'),
    ]);
    const { worlds } = await locateWorlds([path]);
    const pictures = worlds.find((world) => world.path === path)?.prompts ?? [];
    if (pictures.length > 0) {
      return Promise.all(
        pictures.map(async (picture) =>
          pixelsOf(toRgb(resize(decodeImage(await readFile(picture), picture), width, height)).data),
        ),
      );
    }
    throw new SnowglobeError(
      `${path}: no pictures come with the world to calibrate from (prompts/NAME-1.png beside it); give recordings by --data.`,
    );
  }
  const { generatorFor } = await import('@snowglobe/model');
  const data = await openData(options.data, options, config);
  try {
    const { frames } = data.sampleWindows(generatorFor(options.seed, 'calibration'), calibrationFrames, 1);
    const size = frames.length / calibrationFrames;
    return Array.from({ length: calibrationFrames }, (_, i) =>
      pixelsOf(frames.subarray(i * size, (i + 1) * size)),
    );
  } finally {
    data.close();
  }
}

/** Frames of recordings from which the world plays to be calibrated. */
const calibrationFrames = 32;

async function openData(paths: readonly string[], { cache }: Options, { width, height, fps }: FrameConfig) {
  const [{ openRecordings }, { cacheFolder }] = await Promise.all([
    import('@snowglobe/train'),
    import('@snowglobe/runtime/internal'),
  ]);
  return openRecordings(paths, { width, height, fps, cacheFolder: cache ?? cacheFolder() });
}

async function recordings(
  options: Options,
  { model, metadata: { actionNames } }: WorldFile,
  trained: { executor: Executor; store: VariableStore },
) {
  const { recordingsOf } = await import('@snowglobe/quantize/internal');
  const data = await openData(options.test!, options, model.config);
  try {
    return await recordingsOf(data, model, { ...trained, starts: options.starts, actionNames });
  } finally {
    data.close();
  }
}

/** One bar after the other, on stderr. */
function reporter({ json }: Context<Options>) {
  let current: { what: string; counter: ReturnType<typeof countProgress> } | undefined;
  const stop = (): void => {
    current?.counter.stop();
    current = undefined;
  };
  return {
    at(what: string, done: number, total: number): void {
      if (json) return;
      if (current?.what !== what) {
        stop();
        current = { what, counter: countProgress(what, total) };
      }
      current.counter.at(done);
    },
    stop,
  };
}
