import { dirname, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { AtlasPicture, WorldFile } from '@snowglobe/model';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { readInput } from '../inputs.js';
import { plainLabel, worldName } from '../label.js';
import { hasEnding } from '../options.js';
import { checkNotInput } from '../outputs.js';

interface Options {
  readonly skin?: string;
  readonly legend?: string;
  readonly out: string;
}

/** Writes the pictures that a world is drawn of, or the world in other art. */
export const atlas: Command<Options> = {
  name: 'atlas',
  summary: 'write the pictures that a world is drawn of, or draw it in other art',
  description:
    'Worlds that are made of tiles keep each of them once. This writes them all as one picture, 16 in a row, which ' +
    'any paint program edits, and with --skin the same world in the art of such a picture, at any whole number of pixels a tile: what ' +
    'happens stays what it is, frame by frame, and nothing is trained again.',
  examples: [
    ['atlas crafter --out atlas.png', 'its tiles as a picture'],
    [
      'atlas crafter --legend legend.json --out atlas.png',
      'the same tiles in the larger pictures of a legend, to play with --skin',
    ],
    ['atlas crafter --skin atlas.png --out mine.safetensors', 'the same world, drawn of an edited picture'],
  ],
  configure(command) {
    command
      .argument('<world>', 'name of a world, or path of its file')
      .option('--skin <file>', 'a picture laid out as the atlas is, at any scale')
      .option('--legend <file>', 'JSON that names what each tile is, with larger pictures of them beside it')
      .requiredOption('--out <file>', 'the picture to write (.png), or with --skin the world (.safetensors)');
  },
  async run({ args, options: { skin, legend, out } }) {
    const name = args[0] as string;
    const ending = skin === undefined ? '.png' : '.safetensors';
    if (!hasEnding(out, ending)) {
      throw new UsageError(
        `--out ${out}: ${skin === undefined ? 'an atlas' : 'a world'} is written to a file that ends in ${ending}.`,
      );
    }
    if (skin !== undefined && legend !== undefined) {
      throw new UsageError('atlas: a legend gives a picture and a skin takes one; leave one of them out.');
    }
    const [
      { findWorld, readWorldFile, writeWorldFile },
      { familyNamed, defaultFamily, worldFileOf },
      files,
      media,
    ] = await Promise.all([
      import('@snowglobe/runtime'),
      import('@snowglobe/model'),
      import('@snowglobe/runtime/internal'),
      import('@snowglobe/media'),
    ]);
    await files.checkWritable(out);
    const path = await findWorld(name);
    await checkNotInput(out, path);
    const file = await readWorldFile(path);
    const family = familyNamed(file.metadata.family ?? defaultFamily.name, path);
    if (!family.atlas) {
      throw new SnowglobeError(
        `${path}: worlds of the family '${family.name}' are painted and have no atlas; use one that is made of tiles.`,
      );
    }
    const drawn = { config: file.model.config, tensors: file.tensors };
    if (skin === undefined) {
      const own = family.atlas.draw(drawn);
      const { width, height, data } = legend === undefined ? own : await inLegend(own, file, legend);
      // The tiles were found in recordings, or are those of a legend: no model drew them.
      const label = await plainLabel(`Tiles of the world ${worldName(name)}.`);
      await files.writeFileAtomically(out, media.encodePng(media.imageOf(data, width, height), { label }));
      return { json: { world: name, out, width, height }, text: `${out}: ${width}x${height} pixels.` };
    }
    const { width, height, data } = media.toRgb(media.decodeImage(await readInput(skin, 'an atlas'), skin));
    const redrawn = family.atlas.apply(drawn, { width, height, data: Uint8Array.from(data) });
    const skinned: WorldFile = worldFileOf(
      {
        metadata: { ...file.metadata, config: redrawn.config },
        tensors: new Map([
          ...[...file.tensors].filter(([name]) => !redrawn.unused.includes(name)),
          ...redrawn.tensors,
        ]),
      },
      skin,
    );
    await writeWorldFile(out, skinned);
    const { config } = skinned.model;
    return {
      json: { world: name, skin, out, width: config.width, height: config.height },
      text: `${out}: the same world in frames of ${config.width}x${config.height} pixels.`,
    };
  },
};

/** The atlas in the large pictures of a legend. */
async function inLegend(own: AtlasPicture, { model }: WorldFile, path: string): Promise<AtlasPicture> {
  const [{ parseLegend }, { legendAtlas }, media, internal] = await Promise.all([
    import('@snowglobe/eval'),
    import('../legend_atlas.js'),
    import('@snowglobe/media'),
    import('@snowglobe/media/internal'),
  ]);
  const json = internal.parseEditedJson(await readInput(path, 'a legend in JSON'), path, 'mend the legend.');
  const legend = parseLegend(json, path);
  if (!legend.large) {
    throw new SnowglobeError(`${path}: has no large pictures; add its field large.`);
  }
  const picture = join(dirname(path), legend.large.file);
  const large = media.toRgb(media.decodeImage(await readInput(picture, 'the pictures of a legend'), picture));
  return legendAtlas(own, model.tiles!.count, legend, large);
}
