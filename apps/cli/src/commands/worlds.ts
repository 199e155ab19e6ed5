import type { WorldSummary } from '@snowglobe/model';
import type { Command } from '../command.js';
import { indent, table } from '../text.js';

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
export const worlds: Command = {
  name: 'worlds',
  summary: 'list the worlds that commands know by name',
  description:
    'Lists the worlds that other commands know by name: those in the user folder (SNOWGLOBE_WORLDS, or the place ' +
    'where your system keeps data) and those that come with the program. Only headers are read.',
  examples: [
    ['worlds', 'size, actions, provenance and scores of each'],
    ['worlds --json', 'the same for a program'],
  ],
  configure() {},
  async run({ note }) {
    const { formatBytes, worldFolders } = await import('@snowglobe/runtime/internal');
    const folders = worldFolders();
    const { found, hidden, broken } = await listWorlds(folders);
    const described = found.map((world) => describe(world, formatBytes(world.bytes)));
    for (const { error } of broken) note(error);
    for (const { path, by } of hidden)
      note(`${path}: is not used, as ${by} has the same name and comes first.`);
    return {
      json: { folders, worlds: found.map(toJson), hidden, broken },
      text: described.join('\n\n') || nothingFound(folders),
    };
  },
};

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
  const { actionNames: actions, codeToAction, provenance, evaluation, config } = metadata;
  return { ...file, actions, codeToAction: codeToAction ?? null, provenance, evaluation, config };
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
