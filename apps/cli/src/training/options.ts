/** Options that say which world is trained, and how: of every command that trains, or prepares training. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { namesOf } from '../names.js';
import { integer, numberIn, threadsOption } from '../options.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

type StageMinutes = Readonly<Record<string, number>>;

export interface TrainingOptions {
  readonly family: string;
  readonly preset: string;
  readonly memory?: number;
  readonly from?: string;
  readonly qat?: string;
  readonly minutes: number;
  readonly stageMinutes?: StageMinutes;
  readonly actions: 'latent' | 'true';
  readonly seed: number;
  readonly size: Size;
  readonly fps?: number;
  readonly executor: 'auto' | 'onnx' | 'webgpu';
  readonly threads?: number;
  readonly run?: string;
  readonly cache?: string;
}

/** Adds them to a command. */
export function addTrainingOptions(command: Command): void {
  command
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
    .addOption(threadsOption())
    .option('--run <folder>', 'checkpoints and logs (default: the name of the world with .run)')
    .option('--cache <folder>', 'where decoded frames are kept');
}

function size(text: string): Size {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const fits = [width, height].every((side) => side >= 16 && side <= 1024 && side % 16 === 0);
  if (!fits) throw new InvalidArgumentError('It must be WIDTHxHEIGHT in multiples of 16, such as 64x64.');
  return { width, height };
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

/** What `openExecutor` is told. */
export const chosenExecutor = ({ executor, threads }: TrainingOptions) => ({
  executor,
  ...(threads !== undefined && { threads }),
});
