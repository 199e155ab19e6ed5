import type { ExecutorKind } from '@snowglobe/graph';
import type { LocatedWorld } from '@snowglobe/runtime';
import { Option } from 'commander';
import type { Command } from '../command.js';
import { integer } from '../options.js';
import { pageFolder, worldsFor } from '../site_folder.js';

interface Options {
  readonly port?: number;
  readonly host: string;
  readonly open?: true;
  readonly page?: string;
  readonly executor: ExecutorKind | 'auto';
  readonly device?: string;
  readonly threads?: number;
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
      .option(
        '--port <n>',
        'port to listen on; 0: any (default: 8420 or the next free one)',
        integer({ max: 65_535 }),
      )
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--open', 'open the page in the browser')
      .option('--page <folder>', 'serve this build of a page in place of the one that comes along')
      .addOption(
        new Option('--executor <kind>', 'what computes here')
          .choices(['auto', 'webgpu', 'onnx', 'reference'])
          .default('auto'),
      )
      .option('--device <name>', 'part of the name of a WebGPU adapter')
      .option('--skin <file>', 'draw the world in other art: a picture laid out as its atlas, at any scale')
      .option('--threads <n>', 'threads of the CPU (default: one a core)', integer({ min: 1, max: 1024 }));
  },
  async run({ args, options, answer, note, signal }) {
    const { executor, device, threads, host, port, skin } = options;
    const wanted = args[0] as string | undefined;
    const { createPlayServer } = await import('@snowglobe/server');
    const { worlds: found } = await worldsFor(wanted === undefined ? [] : [wanted], note);
    const worlds = skin === undefined ? found : await firstInSkin(found, skin);
    const server = await createPlayServer({
      ...{ page: options.page ?? pageFolder(), worlds, host },
      ...(port !== undefined && { port }),
      executor: {
        executor,
        ...(device !== undefined && { device }),
        ...(threads !== undefined && { threads }),
      },
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
