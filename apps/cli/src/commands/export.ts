import type { ExportedValue } from '@snowglobe/runtime';
import type { Command } from '../command.js';
import { producerOption, version, worldName } from '../label.js';
import { integer, pathEndingIn } from '../options.js';
import { checkNotInput } from '../outputs.js';
import { indent, table } from '../text.js';

interface Options {
  readonly out: string;
  readonly batch: number;
  readonly producer?: string;
}

/** Writes a world's frame as an ONNX file. */
export const exportOnnx: Command<Options> = {
  name: 'export',
  summary: 'write a world as an ONNX file that plays without Snowglobe',
  description:
    'Writes one frame of play, weights included, as an ONNX file. ONNX Runtime plays it in any of its languages: a run takes an ' +
    'action, random numbers and the state, and gives the picture and the next state. The frames are those that a session ' +
    'samples from the same numbers. Weights in few bits stay in few bits (MatMulNBits and others of com.microsoft). ' +
    'Needs ONNX Runtime 1.18 or later.',
  examples: [
    ['export coinrun --out coinrun.onnx', 'the default world, and what goes in and comes out'],
    ['export coinrun-int4 --out small.onnx --json', 'the same for a program'],
    [
      'export crafter --batch 64 --out crafter64.onnx',
      '64 worlds side by side, for agents: see examples/python',
    ],
  ],
  configure(command) {
    command
      .argument('<world>', 'name of a world, or path of its file')
      .requiredOption('--out <file>', 'the ONNX file to write', pathEndingIn('.onnx'))
      .option('--batch <count>', 'worlds that a run steps side by side', integer({ min: 1, max: 1024 }), 1)
      .addOption(producerOption());
  },
  async run({ args, options: { out, batch, producer } }) {
    const world = args[0] as string;
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
  },
};

function describe(values: readonly ExportedValue[]): string {
  return indent(
    table(
      values.map(({ name, type, shape, description }) => [name, type, `(${shape.join(', ')})`, description]),
    ),
  );
}
