import type { LocatedWorld } from '@snowglobe/runtime';
import type { Command } from '../command.js';
import type { ListeningOptions } from '../listening.js';
import { aborted, devicesOption, hostOption, listeningOf, portOption } from '../listening.js';
import { deviceOption, executorOption, threadsOption } from '../options.js';
import { pageFolder, worldsFor } from '../site_folder.js';

interface Options extends ListeningOptions {
  readonly open?: true;
  readonly page?: string;
  readonly skin?: string;
}

/** Serves the page, and plays for browsers that have no GPU. */
export const play: Command<Options> = {
  name: 'play',
  summary: 'open a page on a world and walk in it',
  description:
    'Serves a page on which worlds are played: in the browser on a GPU or CPU, or here, which sends it frames. Only this ' +
    'machine reaches it unless --host says otherwise.',
  examples: [
    ['play', 'prints the address of the page'],
    ['play my.safetensors --open', 'begins with a world of your own, and opens the browser'],
    ['play crafter --skin atlas.png', 'in other art, see atlas'],
    ['play --host 0.0.0.0 --port 8000', 'also for other machines of the network'],
  ],
  stopsInOrder: 'quietly',
  configure(command) {
    command
      .argument('[world]', 'name of a world, or path of its file')
      .addOption(portOption())
      .addOption(hostOption())
      .option('--open', 'open the page in the browser')
      .option('--page <folder>', 'serve this build of a page in place of the one that comes along')
      .addOption(executorOption('what computes here'))
      .addOption(deviceOption())
      .addOption(devicesOption())
      .option('--skin <file>', 'draw the world in other art: a picture laid out as its atlas, at any scale')
      .addOption(threadsOption());
  },
  async run({ args, options, answer, note, signal }) {
    const { host, skin } = options;
    const wanted = args[0] as string | undefined;
    const { createPlayServer } = await import('@snowglobe/server');
    const { worlds: found } = await worldsFor(wanted === undefined ? [] : [wanted], note);
    const worlds = skin === undefined ? found : await firstInSkin(found, skin);
    const server = await createPlayServer({
      ...listeningOf(options),
      ...{ page: options.page ?? pageFolder(), worlds, probes: true },
      onBug: (error) => note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    });
    try {
      const names = worlds.map(({ entry }) => entry.name);
      await answer({
        json: { url: server.url, host, port: server.port, worlds: names },
        text: `Snowglobe plays ${names.join(', ')} at ${server.url}\nCtrl-C ends it.`,
      });
      if (options.open) await openBrowser(server.url, note);
      // The first session should not wait for the world to be opened.
      const warming = names[0] === undefined ? undefined : server.warm(names[0]);
      warming?.then(
        ({ executor: { kind, device: on } }) => note(`Ready on ${kind} (${on}).`),
        (error: unknown) => note(`This machine cannot play for browsers: ${(error as Error).message}`),
      );
      await aborted(signal);
    } finally {
      await server.close();
    }
  },
};

/** The worlds, the first of them in other art. */
async function firstInSkin(
  [first, ...others]: readonly LocatedWorld[],
  skin: string,
): Promise<readonly LocatedWorld[]> {
  const { withSkin } = await import('@snowglobe/runtime/internal');
  return first ? [await withSkin(first, skin), ...others] : [];
}

async function openBrowser(url: string, note: (line: string) => void): Promise<void> {
  try {
    const { default: open } = await import('open');
    // A browser that cannot be started says so later, and is no reason to end.
    (await open(url)).on('error', () => note('No browser could be opened; use the address above.'));
  } catch {
    note('No browser could be opened; use the address above.');
  }
}
