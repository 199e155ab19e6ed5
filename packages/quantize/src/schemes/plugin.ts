import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import { registerScheme } from './registry.js';
import type { Scheme } from './scheme.js';

const scheme = v.object({
  name: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9.-]{0,40}$/, 'is no name of small letters, digits, - and .'),
  ),
  summary: v.pipe(v.string(), v.minLength(1)),
  format: v.function(),
  grids: v.function(),
});
const schema = v.union([scheme, v.pipe(v.array(scheme), v.minLength(1))]);

/**
 * Registers what a module exports: a scheme, or several.
 * @param source the module in words, for messages
 * @throws SnowglobeError when it is none
 */
export function registerPlugin(exported: unknown, source: string): void {
  const result = v.safeParse(schema, exported);
  if (!result.success) {
    throw new SnowglobeError(
      `${source}: its default export is no scheme (${describeIssue(result.issues[0])}); export one with name, summary, format and grids.`,
    );
  }
  for (const each of [exported].flat()) registerScheme(each as Scheme);
}
