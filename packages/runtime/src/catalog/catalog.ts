/** The worlds that a site offers: `catalog.json` beside its page, written by the server or by the static build. */
import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';

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
  fps: v.pipe(v.number(), v.minValue(1)),
  /** What it was learned from, in words. */
  data: v.string(),
  licences: v.array(v.string()),
  prompts: v.array(v.object({ name, file })),
});
const schema = v.object({
  worlds: v.array(world),
  /** Where a server plays worlds for pages: a path for a WebSocket. Absent on static sites. */
  play: v.optional(v.string()),
});

export type CatalogWorld = v.InferOutput<typeof world>;
export type Catalog = v.InferOutput<typeof schema>;

/** @throws SnowglobeError naming the field that is wrong */
export function parseCatalog(value: unknown, source: string): Catalog {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SnowglobeError(
    `${source}: ${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.message}); build the site again.`,
  );
}
