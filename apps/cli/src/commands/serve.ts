import type { SessionStore } from '@snowglobe/runtime';
import { createMemoryStore } from '@snowglobe/runtime';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import type { ListeningOptions } from '../listening.js';
import { aborted, devicesOption, hostOption, listeningOf, portOption } from '../listening.js';
import { deviceOption, executorOption, integer, numberIn, threadsOption } from '../options.js';
import { serverLog } from '../server_log.js';
import { pageFolder, worldsFor } from '../site_folder.js';

interface Options extends ListeningOptions {
  readonly name: readonly string[];
  readonly origin: readonly string[];
  readonly maxSessions: number;
  readonly perAddress?: number;
  readonly idle: number;
  readonly log: 'text' | 'json' | 'none';
  readonly store: 'none' | 'memory' | URL;
  readonly durability?: 'best-effort' | 'strict';
  readonly page?: string | true;
}

/** Serves sessions to programs and pages, for as long as it runs. */
export const serve: Command<Options> = {
  name: 'serve',
  summary: 'play worlds for others over the network',
  description:
    'Serves sessions over WebSocket: /play for pages and openRemoteWorld, /env in JSON for environments; /healthz, /metrics ' +
    '(Prometheus) and /devices for whoever watches it. It plays on the best GPU, or else on an engine a core of the CPU (--devices auto). Without --page it serves no files. Nothing that is played is logged; with --store it is kept for a while.',
  examples: [
    ['serve', 'all worlds of this machine, for this machine'],
    ['serve crafter --host 0.0.0.0 --name play.example', 'one world, for others, who reach it by a name'],
    ['serve --page --log json', 'the page as well; one line of JSON an event on stderr'],
    [
      'serve crafter --devices all',
      'on every GPU and the CPU; snowglobe devices --watch shows how busy each is',
    ],
    ['serve crafter --executor onnx --threads 1', 'on one core of the CPU, beside other work'],
    ['serve --max-sessions 4 --idle 2', 'four players, each gone after two minutes without a step'],
    [
      'serve crafter --store redis://127.0.0.1:6379',
      'a node: others with the same store go on with its sessions',
    ],
  ],
  stopsInOrder: 'quietly',
  configure(command) {
    command
      .argument('[worlds...]', 'names of worlds, or paths of their files (default: all of this machine)')
      .addOption(portOption())
      .addOption(hostOption())
      .addOption(
        new Option(
          '--name <host...>',
          'names under which others reach it, such as that of a balancer',
        ).default([], 'its own'),
      )
      .addOption(
        new Option('--origin <origin...>', 'pages elsewhere that may play here, as https://a.example')
          .argParser(origins)
          .default([], 'its own page'),
      )
      .option('--max-sessions <n>', 'sessions at once', integer({ min: 1, max: 500 }), 16)
      .option(
        '--per-address <n>',
        'sessions at once of one address; behind a balancer all come from one (default: all)',
        integer({ min: 1, max: 500 }),
      )
      .option('--idle <minutes>', 'until a session that nobody plays ends; 0: never', numberIn(0, 1440), 10)
      .addOption(
        new Option('--log <kind>', 'what is said on stderr of sessions: never of what they show')
          .choices(['text', 'json', 'none'])
          .default('text'),
      )
      .option(
        '--store <where>',
        'keeps sessions of players who ask for it: none, memory (they outlive connections), or redis://HOST:PORT, also of Valkey (they outlive this process)',
        store,
        'none',
      )
      .addOption(
        new Option(
          '--durability <kind>',
          'while Redis is away: play on and tell players, or show nothing that is not kept (default: best-effort)',
        ).choices(['best-effort', 'strict']),
      )
      .option('--page [folder]', 'serve the page beside them, or another build of it')
      .addOption(executorOption())
      .addOption(deviceOption())
      .addOption(devicesOption())
      .addOption(threadsOption());
  },
  async run({ args, options, answer, note, signal }) {
    const { host, page, idle, maxSessions, perAddress } = options;
    if (options.durability && !(options.store instanceof URL)) {
      throw new UsageError(`--durability is about a Redis; add --store redis://HOST:PORT.`);
    }
    const { createPlayServer } = await import('@snowglobe/server');
    const wanted = args[0] as unknown as readonly string[];
    const found = await worldsFor(wanted, note);
    const worlds = wanted.length > 0 ? found.asked : found.worlds;
    const log = serverLog(options.log, note);
    const kept = await openStore(options, (message) => log({ event: 'fault', message }));
    try {
      const server = await createPlayServer({
        ...(kept && { store: kept }),
        ...listeningOf(manyPlayers(options) ? { ...options, devices: 'auto' } : options),
        ...{ worlds, names: options.name, origins: options.origin, probes: true, onEvent: log },
        ...(page !== undefined && { page: page === true ? pageFolder() : page }),
        limits: {
          ...{ sessions: maxSessions, perAddress: perAddress ?? maxSessions },
          ...(idle > 0 && { idleMs: idle * 60_000 }),
        },
      });
      try {
        const names = worlds.map(({ entry }) => entry.name);
        const play = new URL('play', server.url.replace(/^http/, 'ws')).href;
        await answer({
          json: { url: server.url, play, host, port: server.port, worlds: names, sessions: maxSessions },
          text: `Snowglobe serves ${names.join(', ')} at ${play}, ${maxSessions} sessions at once.\nCtrl-C ends it.`,
        });
        // The first session should not wait for its world to be opened, nor the sessions of a node that ends for anything.
        const atOnce = options.store instanceof URL ? maxSessions : 1;
        const warming = names[0] === undefined ? undefined : server.warm(names[0], atOnce);
        warming?.then(
          ({ executor: { kind, device: on } }) => log({ event: 'ready', kind, device: on }),
          (error: unknown) => log({ event: 'fault', message: (error as Error).message }),
        );
        await aborted(signal);
      } finally {
        await server.close();
      }
    } finally {
      // A connection that stays open would keep this process alive.
      await kept?.close();
    }
  },
};

/** Whether it computes where many players get their frames in time, since nobody said where. */
const manyPlayers = ({ executor, device, threads, devices }: ListeningOptions): boolean =>
  executor === 'auto' && [device, threads, devices].every((each) => each === undefined);

function store(text: string): Options['store'] {
  if (text === 'none' || text === 'memory') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return url;
  throw new InvalidArgumentError('It must be none, memory, or an address such as redis://127.0.0.1:6379.');
}

async function openStore(
  { store: where, durability }: Options,
  onProblem: (sentence: string) => void,
): Promise<SessionStore | undefined> {
  if (where === 'none') return undefined;
  if (where === 'memory') return createMemoryStore();
  const { createRedisStore } = await import('@snowglobe/cluster');
  return createRedisStore({ url: where.href, ...(durability && { durability }), onProblem });
}

/** Origins, one after the other. */
function origins(text: string, before: readonly string[]): readonly string[] {
  let origin: string | undefined;
  try {
    origin = new URL(text).origin;
  } catch {
    // Told below.
  }
  if (origin !== text || !/^https?:/.test(text)) {
    throw new InvalidArgumentError('It must be an origin, such as https://a.example, without a path.');
  }
  return [...before, text];
}
