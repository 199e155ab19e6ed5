/** What worlds say of themselves, as a page: made from their files alone, so that it says what they say. */
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import type { Measurement, WorldMetadata } from '@snowglobe/model';
import * as v from 'valibot';

/** A world of the page. */
export interface ResultWorld {
  readonly name: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly metadata: Omit<WorldMetadata, 'config'>;
}

const cell = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const published = v.array(
  v.strictObject({
    system: cell,
    measure: cell,
    value: cell,
    conditions: cell,
    source: v.pipe(v.string(), v.url()),
  }),
);
/** A figure that others published. */
export type PublishedFigure = v.InferOutput<typeof published>[number];

/** @throws SnowglobeError naming the field that is wrong */
export function parsePublished(json: unknown, source: string): PublishedFigure[] {
  const result = v.safeParse(published, json);
  if (result.success) return result.output;
  throw new SnowglobeError(
    `${source}: ${describeIssue(result.issues[0])}; mend the list of published figures.`,
  );
}

const sections = {
  long: 'Played for long',
  physics: 'Held against its game',
  memory: 'Walks that come back',
  words: 'First frames from words',
  events: 'Events that are told',
} as const;

/** What was measured on, where that is no walks. */
const trialsIn: Readonly<Record<string, string>> = { words: 'sentences', events: 'recorded events' };

/** The page in Markdown, its tables aligned. */
export async function resultsPage(
  worlds: readonly ResultWorld[],
  others: readonly PublishedFigure[],
  command: string,
): Promise<string> {
  const { figureText } = await import('@snowglobe/eval');
  const tableOf = (
    { recordings, starts, frames, seed, temperature, figures }: Measurement,
    what: string,
  ): string[] => [
    `On ${recordings}: ${starts} ${what}${frames === undefined ? '' : ` of ${frames} frames`}, temperature ${temperature}, seed ${seed}.`,
    '',
    ...markdownTable([
      ['figure', 'world', 'game', 'of'],
      ...figures.map(({ title, value, game, unit, of }) => [
        title,
        figureText(value, unit),
        game === undefined ? '' : figureText(game, unit),
        of === undefined ? '' : String(of),
      ]),
    ]),
    '',
  ];
  const worldSections = worlds.flatMap(({ name, bytes, parameters, metadata }) => {
    const { provenance, evaluation, measurements = {} } = metadata;
    const flat = Object.entries(evaluation);
    return [
      `## ${name}`,
      '',
      `${(bytes / 1e6).toFixed(1)} MB, ${(parameters / 1e6).toFixed(2)} million parameters; ${provenance.hours} hours on ${provenance.machine}.`,
      `From ${provenance.data}.`,
      '',
      ...(flat.length === 0
        ? ['Not evaluated.', '']
        : [
            ...markdownTable([
              ['`snowglobe eval`', 'value'],
              ...flat.map(([figure, value]) => [`\`${figure}\``, String(Number(value.toPrecision(5)))]),
            ]),
            '',
          ]),
      ...Object.entries(sections).flatMap(([key, title]) => {
        const measured = measurements[key as keyof typeof sections];
        return measured ? [`### ${title}`, '', ...tableOf(measured, trialsIn[key] ?? 'walks')] : [];
      }),
    ];
  });
  return `${[
    '# Results',
    '',
    `Made from the world files by \`${command}\`; what the figures mean stands in the README of packages/eval.`,
    'Beside a figure of a world stands the same measured on the recordings themselves, where that makes sense.',
    '',
    ...worldSections,
    ...(others.length === 0
      ? []
      : [
          '## Published by others',
          '',
          ...markdownTable([
            ['system', 'measure', 'value', 'conditions', 'source'],
            ...others.map(({ system, measure, value, conditions, source }) => [
              ...[system, measure, value, conditions],
              `<${source}>`,
            ]),
          ]),
          '',
        ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** Rows of a table; the first one is its head. */
function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const safe = rows.map((row) => row.map((each) => each.replaceAll('|', '\\|')));
  const widths = safe[0]!.map((_, column) => Math.max(3, ...safe.map((row) => [...row[column]!].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((each, column) => each + ' '.repeat(widths[column]! - [...each].length)).join(' | ')} |`;
  return [
    line(safe[0]!),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...safe.slice(1).map(line),
  ];
}
