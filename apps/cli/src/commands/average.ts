import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { hasEnding } from '../options.js';
import { checkNotInput } from '../outputs.js';

interface Options {
  readonly only?: string;
  readonly out: string;
}

/** Averages the weights of worlds of one training. */
export const average: Command<Options> = {
  name: 'average',
  summary: 'average the weights of worlds of one training',
  description:
    'Writes the mean of the weights of worlds that are checkpoints of one training, or that went on from the same world: often better than ' +
    'each of them (model soups). Its codebook, actions and settings are those of the first; measure the average with eval.',
  examples: [
    [
      'average after.safetensors before.safetensors --out mean.safetensors',
      'a world between what it was before more training and after',
    ],
  ],
  configure(command) {
    command
      .argument('<worlds...>', 'names of worlds, or paths of their files')
      .option('--only <names>', 'beginnings of names of weights, with commas between them (default: all)')
      .requiredOption('--out <file>', 'the world to write (.safetensors)');
  },
  async run({ args, options: { only, out } }) {
    if (!hasEnding(out, '.safetensors')) {
      throw new UsageError(`--out ${out}: a world is written to a file that ends in .safetensors.`);
    }
    const names = args[0] as readonly string[];
    const [{ findWorld, readWorldFile, writeWorldFile }, { averageWorlds }, { checkWritable }] =
      await Promise.all([
        import('@snowglobe/runtime'),
        import('@snowglobe/train'),
        import('@snowglobe/runtime/internal'),
      ]);
    await checkWritable(out);
    const worlds = [];
    for (const name of names) {
      const path = await findWorld(name);
      await checkNotInput(out, path);
      worlds.push({ name, file: await readWorldFile(path) });
    }
    const command = `snowglobe average ${names.join(' ')}${only === undefined ? '' : ` --only ${only}`}`;
    const averaged = await averageWorlds(worlds, {
      ...(only !== undefined && { only: only.split(',').map((name) => name.trim()) }),
      command,
    });
    await writeWorldFile(out, averaged);
    return {
      json: { worlds: names, ...(only !== undefined && { only }), out },
      text: `${out}: the mean of ${names.length} worlds. Nothing is measured of it yet; run eval.`,
    };
  },
};
