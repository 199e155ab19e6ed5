import type { WorldEvaluation } from '@snowglobe/train';
import type { Command } from '../command.js';
import { share, wholeNumber } from '../options.js';

interface Options {
  readonly data: string[];
  readonly reader?: string[];
  readonly readerClips: number;
  readonly stride: number;
  readonly seed: number;
  readonly certainty: number;
  readonly threads?: number;
  readonly cache?: string;
}

/** Measures a world on recordings that it was not trained on. */
export const evaluate: Command<Options> = {
  name: 'eval',
  summary: 'measure a world on recordings that it never saw',
  description:
    'PSNR of the tokenizer, of rollouts from one prompt frame each and of repeating that frame, how far actions steer ' +
    '(delta-4 PSNR), and, where recordings have key logs, how much latent actions tell about the true ones.',
  examples: [
    ['eval coinrun --data clips/test', 'PSNR of tokenizer and rollouts, and what steers'],
    [
      'eval coinrun --data clips/test --reader clips/train --json',
      'also trains the supervised bound of latent actions',
    ],
  ],
  configure(command) {
    command
      .argument('<world>', 'name of a world, or path of its file')
      .requiredOption('--data <paths...>', 'videos or folders of them')
      .option('--reader <paths...>', 'other recordings with key logs, to train a supervised reader on')
      .option('--reader-clips <n>', 'how many of those it sees', wholeNumber({ min: 1, max: 1_000_000 }), 300)
      .option('--stride <n>', 'frames between starts of rollouts', wholeNumber({ min: 1, max: 100_000 }), 16)
      .option('--seed <n>', 'decides random actions', wholeNumber({ max: 2 ** 31 - 1 }), 0)
      .option('--certainty <p>', 'codes less likely than this stay open in rollouts', share, 0)
      .option('--threads <n>', 'threads of the CPU (default: one a core)', wholeNumber({ min: 1, max: 1024 }))
      .option('--cache <folder>', 'where decoded frames are kept');
  },
  async run({ args, options, note }) {
    const [{ evaluateWorld, openRecordings }, runtime, { parseWorldConfig }] = await Promise.all([
      import('@snowglobe/train'),
      import('@snowglobe/runtime'),
      import('@snowglobe/model'),
    ]);
    const { cacheFolder, createNodeOnnxExecutor, findWorld, readWorldFile } = runtime;
    const path = await findWorld(String(args[0]));
    const { metadata, tensors } = await readWorldFile(path, parseWorldConfig);
    const { config } = metadata;
    const open = (paths: readonly string[]) =>
      openRecordings(paths, { ...config, cacheFolder: options.cache ?? cacheFolder() });
    const data = await open(options.data);
    const reader = options.reader && (await open(options.reader));
    const readerData = reader?.subset([...reader.clips.keys()].slice(0, options.readerClips));
    const executor = createNodeOnnxExecutor(options.threads ? { threads: options.threads } : {});
    try {
      const store = executor.createStore();
      for (const [name, tensor] of tensors) {
        if (tensor.data instanceof Float32Array) {
          store.write(name, { shape: tensor.shape, dtype: 'f32' }, tensor.data);
        }
      }
      const { stride, seed, certainty } = options;
      const evaluation = await evaluateWorld(data, config, {
        ...{ executor, store, stride, seed, certainty, onRemark: note },
        ...(readerData && { readerData }),
      });
      return { json: { world: path, stride, certainty, ...evaluation }, text: describe(evaluation, stride) };
    } finally {
      data.close();
      reader?.close();
      await executor.close();
    }
  },
};

function describe(evaluation: WorldEvaluation, stride: number): string {
  const { rollouts, actions } = evaluation;
  const dB = (value: number): string => value.toFixed(2);
  const row = (values: readonly number[]): string => values.map((value) => dB(value).padStart(6)).join(' ');
  const lines = [
    `tokenizer            ${dB(evaluation.tokenizerPsnr)} dB`,
    `rollout, ${rollouts.followed.length} frames   ${dB(evaluation.rolloutPsnr)} dB (repeating the prompt ${dB(evaluation.copyPsnr)}; ${rollouts.starts} starts, every ${stride} frames)`,
    `  frame by frame     ${row(rollouts.followed)}`,
    `  random actions     ${row(rollouts.random)}`,
    `  repeating          ${row(rollouts.copied)}`,
    `delta-4 PSNR         ${dB(evaluation.delta4Psnr)} dB`,
  ];
  if (actions) {
    lines.push(
      `latent actions       ${actions.informationBits.toFixed(3)} bits of ${actions.entropyBits.toFixed(2)}, codes used ${actions.usage.map((share) => `${(100 * share).toFixed(0)} %`).join(' ')}`,
    );
  }
  if (actions?.reader) {
    const { bestGuessBits, crossEntropyBits } = actions.reader;
    const reached = (bits: number): string => `${((100 * actions.informationBits) / bits).toFixed(0)} %`;
    lines.push(
      `supervised reader    ${bestGuessBits.toFixed(3)} bits by its best guess (${reached(bestGuessBits)} reached), ` +
        `${crossEntropyBits.toFixed(3)} by its probabilities (${reached(crossEntropyBits)})`,
    );
  }
  return lines.join('\n');
}
