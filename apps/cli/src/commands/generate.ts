import type { ExecutorKind } from '@snowglobe/graph';
import type { Frame, PromptImage } from '@snowglobe/runtime';
import { Option } from 'commander';
import { beginTruth, besidePictures, simulatedLevel } from '../beside.js';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import {
  deviceOption,
  executorOption,
  numberIn,
  pathEndingIn,
  share,
  integer,
  threadsOption,
} from '../options.js';
import { producerOption, version, worldName } from '../label.js';
import { countProgress } from '../progress.js';
import { actionsMeant } from '../script.js';
import type { SigningFiles } from '../sign.js';
import { openSigning, signOption } from '../sign.js';
import type { WalkOptions } from '../walk.js';
import { toldSentence, walkOf } from '../walk.js';
import { beginWalk } from '../walk_start.js';
import { checkWalkOutput, walkOutputHelp, walkPath, writeWalk } from '../walk_output.js';

interface Options extends WalkOptions {
  readonly candidate: number;
  readonly out: string;
  readonly save?: string;
  readonly strip?: string;
  readonly scale?: number;
  readonly executor: ExecutorKind | 'auto';
  readonly device?: string;
  readonly threads?: number;
  readonly codes?: true;
  readonly skin?: string;
  readonly producer?: string;
  readonly sign?: SigningFiles;
}

/** Frames that a strip shows at most; of longer runs it shows every second one, every third, … */
const stripFrames = 60;

/** Walks through a world by a script of actions, without a page. */
export const generate: Command<Options> = {
  name: 'generate',
  summary: 'walk through a world by a script of actions',
  description:
    'Starts a world from a picture, or from a sentence where it knows words, does what the script says, and writes every frame into a GIF, a video or a folder of pictures. ' +
    'The same prompt, script and seed give the same frames.',
  examples: [
    ['generate --world coinrun --prompt p.png --actions "right*40 jump*8" --out roll.gif', 'a walk as a GIF'],
    [
      'generate --world w.safetensors --prompt p.png --actions "left*60" --strip strip.png',
      'also a picture of all frames',
    ],
    [
      'generate --world coinrun --prompt p.png --actions "right*300" --out walk.mkv',
      'a video that keeps every byte, to measure',
    ],
    [
      'generate --world crafter --text "a lake in the west" --actions "move_left*20" --out lake.gif',
      'a walk that begins with what a sentence says, in a world that knows words',
    ],
    [
      'generate --world driving.safetensors --beside driving:7 --actions "up*60" --out twin.gif',
      'the game itself beside the dream of it, where they differ, and how much',
    ],
    [
      'generate --world w.safetensors --prompt p.png --actions "right*40" --tell "12:night falls"',
      'a walk in which something happens after frame 12, in a world that knows events',
    ],
    ['generate --replay walk.snowglobe.json --out roll.gif', 'a session that was recorded in the page'],
    [
      'generate --world crafter --text "a lake" --actions "move_up*20" --out on.mp4 --sign key.pem,certificates.pem',
      'a video with content credentials (C2PA), signed with your key',
    ],
    [
      'generate --world crafter --session lake.session --actions "move_up*20" --save lake.session --out on.gif',
      'goes on from a saved session, and saves it where it ends',
    ],
  ],
  configure(command) {
    command
      .option('--world <world>', 'name of a world, path of its file, or address')
      .option('--prompt <picture>', 'PNG or JPEG to start from')
      .option('--text <sentence>', 'what the first frame is to show, in place of a picture')
      .option(
        '--beside <simulator:seed>',
        'begins at the first frame of a level of a simulated game, and shows the game beside the dream, the cells that differ, and their share over time',
        simulatedLevel,
      )
      .option(
        '--candidate <n>',
        'of the 8 first frames that a sentence is drawn as, the nth best',
        integer({ min: 1, max: 8 }),
        1,
      )
      .option(
        '--actions <script>',
        'what to do: "right*40 jump*8"; names of actions or of arrow keys (ArrowRight), names with spaces with hyphens or in quotes ("code-1*3"), an action by its number as #1',
      )
      .option(
        '--tell <frame:sentence>',
        'what happens after a frame, in worlds that know events: "12:night falls"; may be given several times',
        toldSentence,
      )
      .option(
        '--replay <file>',
        'a session that the page saved: world, prompt, actions and chance come from it',
      )
      .option('--session <file>', 'a saved session to go on from, in place of a picture')
      .option(
        '--save <file>',
        'saves the session where the walk ends, to go on from',
        pathEndingIn('.session'),
      )
      .option('--out <file>', walkOutputHelp, walkPath, 'roll.gif')
      .option('--strip <file>', 'also writes all frames side by side into this PNG', pathEndingIn('.png'))
      .option(
        '--scale <n>',
        'enlarges frames by whole pixels (default: 4 in a GIF or MP4, 1 in what keeps every byte)',
        integer({ min: 1, max: 32 }),
      )
      .option('--seed <n>', 'decides what is left to chance (default: 0)', integer({ max: 2 ** 31 - 1 }))
      .option(
        '--temperature <t>',
        '0: always the likeliest; 1: as learned (default: as the world says)',
        numberIn(0, 100),
      )
      .option(
        '--confidence-threshold <p>',
        'what is less likely than this (0 to 1) is not sampled (default: as the world says)',
        share,
      )
      .addOption(executorOption())
      .addOption(deviceOption())
      .addOption(threadsOption())
      .option(
        '--skin <file>',
        'draw in other art: a picture laid out as the atlas of the world, at any scale',
      )
      .addOption(
        new Option(
          '--end <what>',
          'what follows when the game of the world is over: it begins anew from the prompt, or goes on (default: restart)',
        ).choices(['restart', 'continue']),
      )
      .addOption(producerOption())
      .addOption(signOption())
      .option('--codes', 'list the codes of every frame in the JSON');
  },
  async run({ options, note }) {
    const walk = await walkOf(options);
    const [
      { encodeSession, openWorld, readSkin },
      { checkWritable, meaningOf, writeFileAtomically },
      { readEvent },
      media,
    ] = await Promise.all([
      import('@snowglobe/runtime'),
      import('@snowglobe/runtime/internal'),
      import('@snowglobe/model/internal'),
      import('@snowglobe/media'),
    ]);
    const { contentLabel, encodePng, frameStrip, imageOf } = media;
    const { executor, device, threads } = options;
    const signing =
      options.sign &&
      (await openSigning(
        options.sign,
        [options.out, options.strip].filter((path) => path !== undefined),
        walk.promptFile,
      ));
    await checkWalkOutput(options.out);
    for (const path of [options.strip, options.save]) if (path !== undefined) await checkWritable(path);
    const world = await openWorld(walk.world, {
      executor,
      ...(device !== undefined && { device }),
      ...(threads !== undefined && { threads }),
    });
    try {
      // A misspelt action is told before the first frame is sampled.
      const script = actionsMeant(walk.script, world.actions.names);
      for (const action of new Set(script)) world.actions.logitsOf(action);
      const told = new Map(walk.told?.map(([at, sentence]) => [at, readEvent(sentence, world.events)]));
      const late = [...told.keys()].find((at) => at >= script.length);
      if (late !== undefined) {
        throw new UsageError(
          `tell: frame ${late} is none of the ${script.length} that something follows on; tell it after frame 0 to ${script.length - 1}.`,
        );
      }
      const { seed } = walk;
      const { config } = world.metadata;
      const dream = { ...config, names: world.actions.names, meaningOf };
      const truth = walk.beside && beginTruth(walk.beside, script, told.values(), dream);
      const drawn =
        walk.text !== undefined
          ? await world.imagine(walk.text, { ...(seed !== undefined && { seed }) })
          : undefined;
      if (drawn?.remark !== undefined) note(drawn.remark);
      const prompt =
        truth?.prompt ?? walk.prompt ?? (drawn && pictureOf(drawn.frames[options.candidate - 1]!));
      const skin =
        options.skin === undefined ? undefined : await readSkin(options.skin, world.tiles, walk.world);
      const session = await beginWalk(world, walk, prompt);
      const { first } = session;
      const frames: Frame[] = [skin ? skin.draw({ ...first, codes: await session.codes() }) : first];
      const progress = countProgress('frames', script.length);
      const started = performance.now();
      try {
        for (const [done, action] of script.entries()) {
          const codes = skin !== undefined || options.codes === true;
          const frame = await session.step(action, { codes, tell: told.get(done) });
          truth?.step(action, told.get(done), frames.at(-1)!.ended);
          frames.push(skin ? skin.draw(frame) : frame);
          progress.at(done + 1);
        }
      } finally {
        progress.stop();
      }
      const seconds = (performance.now() - started) / 1000;
      const beside = truth && besidePictures(truth, frames);
      const images = beside?.images ?? frames.map(({ rgba, width, height }) => imageOf(rgba, width, height));
      const fps = walk.fps ?? config.fps;
      const labelOf = (count: number) =>
        contentLabel({
          ...{ world: worldName(walk.world), checksum: world.checksum, seed: session.sampling.seed, version },
          ...{ frames: count, producer: options.producer, promptMarks: prompt?.marks },
        });
      const out = await writeWalk(options.out, images, { fps, scale: options.scale, labelOf, signing });
      if (options.strip !== undefined) {
        const every = Math.ceil(images.length / stripFrames);
        const shown = images.filter((_, i) => i % every === 0);
        const label = labelOf(images.length);
        const strip = encodePng(frameStrip(shown, { scale: 2 }), { label });
        const signed = signing ? await signing.sign(strip, options.strip, label) : strip;
        await writeFileAtomically(options.strip, signed);
      }
      if (options.save !== undefined) {
        await writeFileAtomically(options.save, await encodeSession(await session.saved(), world.checksum));
      }
      // Of a first frame alone, the time that it took.
      const times = frames.slice(frames.length > 1 ? 1 : 0).map(({ ms }) => ms);
      const endings = frames.filter(({ ended }) => ended).map(({ index }) => index);
      const json = {
        world: walk.world,
        executor: world.executor.kind,
        device: world.executor.device,
        frames: script.length,
        framesPerSecond: script.length / seconds,
        msP50: quantile(times, 0.5),
        msP95: quantile(times, 0.95),
        submitsPerFrame: world.stats.submitsPerRun,
        dispatchesPerFrame: world.stats.dispatchesPerRun,
        ...session.sampling,
        ...{ out, strip: options.strip ?? null, ...(options.save !== undefined && { save: options.save }) },
        ...(drawn && {
          text: {
            clauses: drawn.clauses,
            holds: drawn.holds[options.candidate - 1],
            remark: drawn.remark ?? null,
          },
        }),
        ...(world.readouts && {
          readouts: frames.map(({ readouts }) => readouts),
          ended: endings,
        }),
        ...(beside && { beside: { ...walk.beside!, differingCells: beside.errors } }),
        ...(told.size > 0 && { told: [...told] }),
        ...(signing && { signedBy: signing.holder }),
        ...(options.codes && { codes: frames.slice(1).map(({ codes }) => [...codes!]) }),
      };
      return {
        json,
        text:
          `${script.length} frames in ${out}: ${json.framesPerSecond.toFixed(1)} frames/s, ` +
          (endings.length > 0
            ? `the game was over in ${endings.length === 1 ? 'frame' : 'frames'} ${endings.join(', ')}; `
            : '') +
          `median ${json.msP50.toFixed(1)} ms, p95 ${json.msP95.toFixed(1)} ms on ${json.executor} (${json.device})` +
          (signing ? `; signed by ${signing.holder}.` : '.'),
      };
    } finally {
      await world.close();
    }
  },
};

/** A frame as a prompt. */
const pictureOf = ({ width, height, rgba: data }: Frame): PromptImage => ({ width, height, data });

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
