import type { WorldSummary } from '@snowglobe/model';
import type { Command } from '../command.js';
import { readInput } from '../inputs.js';
import { pathEndingIn } from '../options.js';
import { indent, table } from '../text.js';

interface Options {
  readonly out?: string;
  readonly published?: string;
}

interface Listed {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly metadata: WorldSummary['metadata'];
}

interface Broken {
  readonly path: string;
  readonly error: string;
}

/** A world in a later folder than one of the same name. */
interface Hidden {
  readonly path: string;
  readonly by: string;
}

/** Lists worlds from their headers; no weight is read. */
export const worlds: Command<Options> = {
  name: 'worlds',
  summary: 'list the worlds that commands know by name',
  description:
    'Lists the worlds that other commands know by name: those in the user folder (SNOWGLOBE_WORLDS, or the place ' +
    'where your system keeps data) and those that come with the program. Only headers are read.',
  examples: [
    ['worlds', 'size, actions, provenance and scores of each'],
    ['worlds --json', 'the same for a program'],
    ['worlds my-worlds --out results.md', 'what the worlds of a folder say of themselves, as a page'],
  ],
  configure(command) {
    command
      .argument('[folders...]', 'where to look instead')
      .option('--out <file>', 'writes all their figures as a page of Markdown', pathEndingIn('.md'))
      .option('--published <file>', 'JSON with figures of others, to stand on that page');
  },
  async run({ args, options, note }) {
    const { formatBytes, worldFolders } = await import('@snowglobe/runtime/internal');
    const given = (args[0] ?? []) as string[];
    const folders = given.length > 0 ? given : worldFolders();
    const { found, hidden, broken } = await listWorlds(folders);
    const described = found.map((world) => describe(world, formatBytes(world.bytes)));
    for (const { error } of broken) note(error);
    for (const { path, by } of hidden)
      note(`${path}: is not used, as ${by} has the same name and comes first.`);
    if (options.out !== undefined) await writePage(options.out, found, options.published);
    return {
      json: { folders, worlds: found.map(toJson), hidden, broken },
      text: described.join('\n\n') || nothingFound(folders),
    };
  },
};

async function writePage(
  out: string,
  worlds: readonly Listed[],
  published: string | undefined,
): Promise<void> {
  const [{ parsePublished, resultsPage }, { writeFileAtomically }, { parseEditedJson }] = await Promise.all([
    import('../results_page.js'),
    import('@snowglobe/runtime/internal'),
    import('@snowglobe/media/internal'),
  ]);
  const others =
    published === undefined
      ? []
      : parsePublished(
          parseEditedJson(await readInput(published, 'published figures in JSON'), published, 'mend it'),
          published,
        );
  const page = await resultsPage(worlds, others, 'snowglobe worlds --out');
  await writeFileAtomically(out, new TextEncoder().encode(page));
}

async function listWorlds(
  folders: readonly string[],
): Promise<{ found: Listed[]; hidden: Hidden[]; broken: Broken[] }> {
  const { SnowglobeError } = await import('@snowglobe/graph');
  const { readWorldFileSummary } = await import('@snowglobe/runtime');
  const { findWorldFiles } = await import('@snowglobe/runtime/internal');
  const found: Listed[] = [];
  const hidden: Hidden[] = [];
  const broken: Broken[] = [];
  for (const folder of folders) {
    for (const { name, path } of await findWorldFiles(folder)) {
      try {
        // Any config is shown; whether this program can run it is decided when the world is opened.
        const summary = await readWorldFileSummary(path);
        const { bytes, parameters, metadata } = summary;
        const first = found.find((known) => known.name === name);
        if (first) hidden.push({ path, by: first.path });
        else found.push({ name, path, bytes, parameters, metadata });
      } catch (error) {
        if (!(error instanceof SnowglobeError)) throw error;
        broken.push({ path, error: error.message });
      }
    }
  }
  return { found, hidden, broken };
}

function toJson({ metadata, ...file }: Listed): object {
  const { actionNames: actions, codeToAction, provenance, evaluation, measurements, config } = metadata;
  return {
    ...{ ...file, actions, codeToAction: codeToAction ?? null, provenance, evaluation },
    ...(measurements && { measurements }),
    config,
  };
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

function describe({ name, path, parameters, metadata }: Listed, size: string): string {
  const { actionNames, codeToAction, provenance, evaluation } = metadata;
  const scores = Object.entries(evaluation).map(
    ([score, value]) => `${score} ${Number(value.toPrecision(4))}`,
  );
  const latent = codeToAction ? ` (from ${codeToAction.length} latent codes)` : '';
  const rows = [
    ['file', path],
    ['size', `${size}, ${compact.format(parameters)} parameters`],
    ['actions', actionNames.join(', ') + latent],
    ['made by', provenance.command],
    [
      'on',
      `${provenance.machine}, ${provenance.hours} hours, seeds ${provenance.seeds.join(', ') || 'none'}`,
    ],
    ['from', provenance.data],
    ['licences', provenance.licences.join(', ') || 'none given'],
    ['scores', scores.join(', ') || 'not evaluated'],
  ];
  return `${name}\n${indent(table(rows))}`;
}

function nothingFound(folders: readonly string[]): string {
  return `No worlds in ${folders.join(' or ')}; snowglobe train makes one.`;
}
