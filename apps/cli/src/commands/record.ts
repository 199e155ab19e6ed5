import { policyNames, simulators } from '@snowglobe/worlds';
import { Argument, Option } from 'commander';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { simulationLabel } from '../label.js';
import { integer, numberIn } from '../options.js';
import { countProgress } from '../progress.js';

interface Options {
  readonly clips: number;
  readonly frames: number;
  readonly seed: number;
  readonly out: string;
  readonly policy: (typeof policyNames)[number] | 'mixed';
  readonly look?: string;
  readonly events: number;
  readonly small?: true;
}

/** Records a simulated game to video, with the keys that were held. */
export const record: Command<Options> = {
  name: 'record',
  summary: 'record a simulated game to video, with its true actions',
  description:
    'Plays a small simulated game and records it: NAME.mp4 for each clip, and NAME.json beside it with the keys that ' +
    'were held, the true state at every frame and captions; `legend.json` names the pictures of cells of games that are drawn of exact ' +
    'tiles. The same seed gives the same clips.',
  examples: [
    ['record platformer --clips 40 --frames 200 --out clips', 'forty clips to train on'],
    ['record platformer --clips 8 --frames 64 --seed 9 --out held-out', 'levels that those do not have'],
    [
      'record driving --events 1 --out town',
      'in every other clip or so it starts to rain, or someone brakes',
    ],
  ],
  configure(command) {
    command
      .addArgument(new Argument('<simulator>', 'what is played').choices([...simulators.keys()]))
      .requiredOption('--out <folder>', 'where the clips go; made where it is missing')
      .option('--clips <n>', 'how many clips, a level each', integer({ min: 1, max: 10_000 }), 20)
      .option('--frames <n>', 'frames of each clip', integer({ min: 2, max: 100_000 }), 200)
      .option('--seed <n>', 'decides levels and keys', integer({ max: 2 ** 31 - 1 }), 0)
      .addOption(
        new Option('--policy <who>', 'who plays; mixed takes turns')
          .choices(['mixed', ...policyNames])
          .default('mixed'),
      )
      .addOption(
        new Option('--look <name>', 'one look for all clips (default: each seed chooses)').choices([
          ...new Set([...simulators.values()].flatMap(({ looks }) => looks)),
        ]),
      )
      .option(
        '--events <n>',
        'events to expect in a clip that the game is told in words',
        numberIn(0, 100),
        0,
      )
      .option('--small', 'small files that play in browsers, instead of lossless ones');
  },
  async run({ args, options }) {
    const { recordWorld } = await import('@snowglobe/train');
    const simulator = simulators.get(String(args[0]))!; // argument choices let no other name through
    const { clips, frames, seed, out, policy, look, events, small = false } = options;
    if (look !== undefined && !simulator.looks.includes(look)) {
      throw new UsageError(
        `--look: ${simulator.name} has no ${look}; use one of ${simulator.looks.join(', ')}.`,
      );
    }
    if (events > 0 && !simulator.events) {
      throw new UsageError(`--events: ${simulator.name} cannot be told any.`);
    }
    const started = performance.now();
    const progress = countProgress('clips', clips);
    let files: string[];
    try {
      files = await recordWorld(simulator, {
        folder: out,
        clips,
        frames,
        seed,
        policy,
        events,
        ...(look === undefined ? {} : { look }),
        lossless: !small,
        label: await simulationLabel(simulator.name, seed),
        onProgress: (done) => progress.at(done),
      });
    } finally {
      progress.stop();
    }
    const seconds = (performance.now() - started) / 1000;
    const { name, fps, width, height, actionNames } = simulator;
    return {
      json: {
        ...{ simulator: name, clips, frames, width, height, fps, seed, policy, lossless: !small },
        ...{ actionNames, out, files, seconds },
      },
      text: `${clips} clips of ${frames} frames (${width}x${height}, ${fps} fps) in ${out}, ${seconds.toFixed(1)} s.`,
    };
  },
};
