/** The worlds that a site offers: `catalog.json` beside its page, written by the server or by the static build. */
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { framesPerSecond } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { aboutSchema } from './about.js';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
/** Relative to the catalog. */
const file = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
const world = v.object({
  name,
  file,
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  parameters: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  width: v.pipe(v.number(), v.integer(), v.minValue(1)),
  height: v.pipe(v.number(), v.integer(), v.minValue(1)),
  fps: framesPerSecond,
  // What it was learned from, in words.
  data: v.pipe(v.string(), v.maxLength(4000)),
  // What a file beside it says of it.
  ...aboutSchema.entries,
  licences: v.pipe(v.array(v.pipe(v.string(), v.maxLength(4000))), v.maxLength(64)),
  // A small picture that moves.
  thumbnail: v.optional(file),
  prompts: v.pipe(v.array(v.object({ name, file })), v.maxLength(1000)),
  // Atlases in which it can be drawn, that which it is drawn in first; none of them is its own art.
  skins: v.optional(v.pipe(v.array(v.object({ name, file })), v.maxLength(1000)), []),
});
const schema = v.object({
  worlds: v.pipe(v.array(v.unknown()), v.maxLength(10_000)),
  // Where a server plays worlds for pages: a path for a WebSocket. Absent on static sites.
  play: v.optional(v.pipe(v.string(), v.maxLength(1000))),
  // Where that server says what it plays on.
  devices: v.optional(v.pipe(v.string(), v.maxLength(1000))),
  // Who files say made them that the page saves, and whether it says on the picture that a model draws it.
  producer: v.optional(v.pipe(v.string(), v.maxLength(200))),
  badge: v.optional(v.boolean()),
});

export type CatalogWorld = v.InferOutput<typeof world>;

export interface Catalog {
  readonly worlds: readonly CatalogWorld[];
  readonly play?: string;
  readonly devices?: string;
  readonly producer?: string;
  readonly badge?: boolean;
}

/**
 * Reads a catalog. An entry that is not as expected is left out, and takes no other down.
 * @returns the catalog, and a sentence for each entry that was left out
 * @throws SnowglobeError naming the field that is wrong, where nothing is left
 */
export function parseCatalog(
  value: unknown,
  source: string,
): Catalog & { readonly refused: readonly string[] } {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new SnowglobeError(refusal(parsed.issues[0], '', source));
  const { worlds: entries, play, devices, producer, badge } = parsed.output;
  const worlds = new Map<string, CatalogWorld>();
  const refused: string[] = [];
  entries.forEach((entry, index) => {
    const read = v.safeParse(world, entry);
    if (!read.success) refused.push(refusal(read.issues[0], `worlds.${index}`, source));
    else if (worlds.has(read.output.name)) {
      refused.push(`${source}: worlds.${index} is a second '${read.output.name}'; build the site again.`);
    } else worlds.set(read.output.name, read.output);
  });
  if (worlds.size === 0 && refused.length > 0) throw new SnowglobeError(refused[0]!);
  return {
    ...{ worlds: [...worlds.values()], refused },
    ...(play !== undefined && { play }),
    ...(devices !== undefined && { devices }),
    ...(producer !== undefined && { producer }),
    ...(badge !== undefined && { badge }),
  };
}

/**
 * Checks an entry before it goes into a catalog.
 * @throws SnowglobeError naming the field that no page would take
 */
export function checkEntry(entry: CatalogWorld, source: string): CatalogWorld {
  const read = v.safeParse(world, entry);
  if (read.success) return entry;
  throw new SnowglobeError(
    `${source}: no page would take it, as ${describeIssue(read.issues[0], 'entry')}; correct it, or rename the file.`,
  );
}

function refusal(issue: v.BaseIssue<unknown>, at: string, source: string): string {
  return `${source}: ${describeIssue(issue, at)}; build the site again.`;
}
