import type { Command } from '../command.js';
import { producerOption } from '../label.js';
import { pageFolder, worldsFor } from '../site_folder.js';

interface Options {
  readonly out: string;
  readonly page?: string;
  readonly producer?: string;
  readonly badge?: true;
}

/** Writes the page and worlds for a static host. */
export const site: Command<Options> = {
  name: 'site',
  summary: 'write a page with worlds that any static host can serve',
  description:
    'Writes the page and worlds into a folder. Put it on any static host: worlds are played in the browser, on a GPU or ' +
    'CPU, without a server.',
  examples: [
    ['site --out site', 'all worlds of this machine'],
    ['site my.safetensors --out docs', 'one world of your own'],
  ],
  configure(command) {
    command
      .argument('[worlds...]', 'names of worlds, or paths of their files (default: all)')
      .requiredOption('--out <folder>', 'where to write; an earlier site there is replaced')
      .option('--page <folder>', 'use this build of a page in place of the one that comes along')
      .addOption(producerOption())
      .option('--badge', 'the page says on the picture that a model draws it');
  },
  async run({ args, options, note }) {
    const wanted = (args[0] ?? []) as string[];
    const [{ writeSite }, { formatBytes }] = await Promise.all([
      import('@snowglobe/server'),
      import('@snowglobe/runtime/internal'),
    ]);
    const { asked: worlds } = await worldsFor(wanted, note);
    const { files, bytes } = await writeSite(
      { page: options.page ?? pageFolder(), worlds, producer: options.producer, badge: options.badge },
      options.out,
    );
    const names = worlds.map(({ entry }) => entry.name);
    return {
      json: { out: options.out, files, bytes, worlds: names },
      text: `${files} files, ${formatBytes(bytes)}, in ${options.out}: a page that plays ${names.join(', ')}.`,
    };
  },
};
