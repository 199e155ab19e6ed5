import type { ExportedValue } from '@snowglobe/runtime';
import type { Command as Commander, Option } from 'commander';
import type { Command, Result } from '../command.js';
import { UsageError } from '../command.js';
import { producerOption, version, worldName } from '../label.js';
import { hasEnding, integer } from '../options.js';
import { checkNotInput } from '../outputs.js';
import { indent, table } from '../text.js';
import { exportTrainingStep } from '../training/export_step.js';
import type { TrainingOptions } from '../training/options.js';
import { addTrainingOptions } from '../training/options.js';

interface Options extends TrainingOptions {
  readonly out: string;
  readonly batch: number;
  readonly producer?: string;
  readonly train?: string;
  readonly batches: number;
}

/** Writes a world's frame as an ONNX file, or a training step as a folder of files. */
export const exportOnnx: Command<Options> = {
  name: 'export',
  summary: 'write a world as an ONNX file that plays without Snowglobe',
  description:
    'Writes one frame of play, weights included, as an ONNX file. ONNX Runtime plays it in any of its languages: a run takes an ' +
    'action, random numbers and the state, and gives the picture and the next state. The frames are those that a session ' +
    'samples from the same numbers. Weights in few bits stay in few bits (MatMulNBits and others of com.microsoft). ' +
    'Needs ONNX Runtime 1.18 or later. With --train it writes a training step instead, which many machines take together ' +
    '(examples/python/train_ddp.py).',
  examples: [
    ['export coinrun --out coinrun.onnx', 'a world, and what goes in and comes out'],
    ['export coinrun-int4 --out small.onnx --json', 'the same for a program'],
    [
      'export crafter --batch 64 --out crafter64.onnx',
      '64 worlds side by side, for agents: see examples/python',
    ],
    [
      'export clips --train STAGE --run w.run --batches 5000 --out step',
      'a training step for many machines, with batches of the recordings in clips',
    ],
  ],
  configure(command) {
    command
      .argument(
        '<world...>',
        'name of a world, or path of its file; with --train: recordings, as in snowglobe train',
      )
      .requiredOption('--out <path>', 'the ONNX file to write; with --train: the folder')
      .option('--batch <count>', 'worlds that a run steps side by side', integer({ min: 1, max: 1024 }), 1)
      .addOption(producerOption())
      .optionsGroup('A training step (the options below are those of snowglobe train):')
      .option('--train <stage>', 'write the training step of this stage (an unknown one lists them)');
    const before = command.options.length;
    command.option(
      '--batches <n>',
      'how many batches are written, those of the next steps',
      integer({ min: 1, max: 1e6 }),
      1000,
    );
    addTrainingOptions(command);
    refuseWhatDoesNotGoTogether(command, command.options.slice(before));
    command.optionsGroup('Options:');
  },
  async run(context) {
    const { args, options } = context;
    const inputs = args[0] as string[];
    if (options.train !== undefined) {
      return exportTrainingStep(context, inputs, { ...options, train: options.train });
    }
    if (inputs.length > 1) {
      throw new UsageError(
        `export takes one world; ${inputs.length} were named. Recordings go with --train.`,
      );
    }
    return exportFrame(inputs[0]!, options);
  },
};

/** Options of training say nothing of a world that is trained, and a batch of worlds nothing of training. */
function refuseWhatDoesNotGoTogether(command: Commander, ofTraining: readonly Option[]): void {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  command.hook('preAction', () => {
    if (isGiven('train')) {
      if (!isGiven('batch')) return;
      throw new UsageError('--batch is for worlds that are played; with --train say --batches.');
    }
    const given = ofTraining.find((option) => isGiven(option.attributeName()));
    if (given) throw new UsageError(`${given.long} is for --train STAGE; leave it out to export a world.`);
  });
}

async function exportFrame(world: string, { out, batch, producer }: Options): Promise<Result> {
  if (!hasEnding(out, '.onnx')) throw new UsageError(`--out ${out}: an ONNX file must end in .onnx.`);
  const [{ exportWorld, findWorld }, { decodeWorld }, { contentLabel }, internal] = await Promise.all([
    import('@snowglobe/runtime'),
    import('@snowglobe/model'),
    import('@snowglobe/media'),
    import('@snowglobe/runtime/internal'),
  ]);
  const { checkWritable, fileChecksum, formatBytes, readWorldBytes, writeFileAtomically } = internal;
  await checkWritable(out);
  const path = await findWorld(world);
  await checkNotInput(out, path);
  const file = await readWorldBytes(path);
  const checksum = await fileChecksum(file);
  const { bytes, inputs, outputs, actions } = exportWorld(decodeWorld(file, path), path, {
    producerVersion: version,
    batch,
    label: contentLabel({ world: worldName(world), checksum, version, producer }),
  });
  await writeFileAtomically(out, bytes);
  return {
    json: { world, out, bytes: bytes.length, inputs, outputs, actions },
    text: [
      `${out}: ${formatBytes(bytes.length)}, ${batch === 1 ? 'one frame' : `a frame of ${batch} worlds`} a run.`,
      `Inputs:\n${describe(inputs)}`,
      `Outputs:\n${describe(outputs)}`,
      `Actions, by the number that stands for each:\n${indent(actions.map((name, i) => `${i} ${name}`).join(', '))}`,
    ].join('\n'),
  };
}

function describe(values: readonly ExportedValue[]): string {
  return indent(
    table(
      values.map(({ name, type, shape, description }) => [name, type, `(${shape.join(', ')})`, description]),
    ),
  );
}
