import { dirname, join } from 'node:path';
import type { World } from '@snowglobe/runtime';
import type { Command } from '../command.js';
import { version } from '../label.js';
import { integer } from '../options.js';
import { actionsMeant, parseScript } from '../script.js';

interface Options {
  readonly actions?: string;
  readonly prompt: number;
  readonly seed: number;
}

/** What a page may load for each world that it lists. */
const mostBytes = 60_000;
/** Frames of a walk that nobody describes, and for how many of them each direction is held. */
const [length, heldFor] = [32, 8];
/** Frames a second: slower than play, so that one can see what happens in a small picture. */
const fps = 8;
/** What leads about in most worlds, in the order in which it is done. */
const directions = [/right/, /up|forward|north/, /left/, /down|back|south/];

/** Makes the small moving pictures of worlds in a gallery. */
export const thumbnail: Command<Options> = {
  name: 'thumbnail',
  summary: 'make the small moving picture of a world for the gallery of the page',
  description:
    'Walks through a world from one of the pictures that it brings, and keeps the walk as thumbnails/NAME.gif beside the file of the world, ' +
    `where the page and site find it. It loops and has ${mostBytes / 1000} kB at most: of a longer walk the beginning is kept. The same world gives the same file.`,
  examples: [
    ['thumbnail my.safetensors', 'a walk in the four directions'],
    ['thumbnail crafter --prompt 3 --actions "move_left*20 do*4"', 'what is worth to be seen'],
  ],
  configure(command) {
    command
      .argument('<worlds...>', 'names of worlds, or paths of their files')
      .option('--actions <script>', 'what to do, as generate takes it (default: about in all directions)')
      .option('--prompt <n>', 'of the pictures that the world brings, the nth', integer({ min: 1 }), 1)
      .option('--seed <n>', 'decides what is left to chance', integer({ max: 2 ** 31 - 1 }), 1);
  },
  async run({ args, options: { actions, prompt, seed } }) {
    const [{ findWorld, locateWorlds, openWorld }, files, media, { readFile }, { SnowglobeError }] =
      await Promise.all([
        import('@snowglobe/runtime'),
        import('@snowglobe/runtime/internal'),
        import('@snowglobe/media'),
        import('node:fs/promises'),
        import('@snowglobe/graph'),
      ]);
    const { asked } = await locateWorlds(await Promise.all((args[0] as string[]).map(findWorld)));
    const made: { world: string; out: string; bytes: number; frames: number }[] = [];
    for (const { entry, path, prompts } of asked) {
      const picture = prompts[prompt - 1];
      if (picture === undefined) {
        throw new SnowglobeError(
          `thumbnail: ${entry.name} brings ${prompts.length} pictures, and no number ${prompt}; put PNGs beside it as prompts/${entry.name}-1.png.`,
        );
      }
      // The CPU computes the same everywhere.
      const world = await openWorld(path, { executor: 'onnx', threads: 1 });
      try {
        const script =
          actions === undefined ? aboutIn(world) : actionsMeant(parseScript(actions), world.actions.names);
        for (const action of new Set(script)) world.actions.logitsOf(action);
        const session = await world.start({
          prompt: media.decodeImage(await readFile(picture), picture),
          seed,
        });
        const frames = [session.first];
        for (const action of script) frames.push(await session.step(action));
        const images = frames.map(({ rgba, width, height }) => media.imageOf(rgba, width, height));
        const gifOf = (count: number): Uint8Array =>
          media.encodeGif(images.slice(0, count), {
            fps,
            label: media.contentLabel({
              ...{ world: entry.name, checksum: world.checksum, seed, frames: count, version },
            }),
          });
        let count = images.length;
        let gif = gifOf(count);
        while (gif.length > mostBytes && count > 1) {
          count = Math.max(1, Math.min(count - 1, Math.floor((count * mostBytes) / gif.length)));
          gif = gifOf(count);
        }
        const out = join(dirname(path), 'thumbnails', `${entry.name}.gif`);
        await files.makeFolder(dirname(out));
        await files.writeFileAtomically(out, gif);
        made.push({ world: entry.name, out, bytes: gif.length, frames: count });
      } finally {
        await world.close();
      }
    }
    return {
      json: { thumbnails: made },
      text: made
        .map(({ out, bytes, frames }) => `${out}: ${frames} frames, ${files.formatBytes(bytes)}.`)
        .join('\n'),
    };
  },
};

/** The directions of a world one after the other; where it has none, all that it can do. */
function aboutIn({ actions }: World): readonly string[] {
  const names = actions.names.filter((name) => name !== 'none' && !actions.synonyms.includes(name));
  const led = directions
    .map((direction) => names.filter((name) => direction.test(name)).sort((a, b) => a.length - b.length)[0])
    .filter((name) => name !== undefined);
  const cycle = led.length > 0 ? led : names;
  return Array.from({ length }, (_, i) => cycle[Math.floor(i / heldFor) % cycle.length]!);
}
