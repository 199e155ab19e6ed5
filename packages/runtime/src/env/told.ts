import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import { readEvent } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { readOptions } from '../options.js';
import type { EnvStepOptions } from './env_step.js';

const options = v.object({ tell: v.optional(v.unknown()) });

/**
 * The event that each environment is told in a step; undefined: nothing.
 * @throws SnowglobeError for what the world does not know, and for a list of another length
 */
export function readTold(
  given: EnvStepOptions,
  count: number,
  events: readonly string[],
): (string | undefined)[] {
  const { tell } = readOptions('env', options, given) as { readonly tell?: unknown };
  if (tell === undefined || typeof tell === 'string') {
    const event = tell === undefined ? undefined : readEvent(tell, events);
    return Array.from({ length: count }, () => event);
  }
  if (!Array.isArray(tell) || tell.length !== count) {
    const what = Array.isArray(tell) ? `${tell.length} sentences` : show(tell);
    throw new SnowglobeError(
      `env: tell has ${what} for ${count} environments; give a sentence for all, or a list with one or undefined for each.`,
    );
  }
  return tell.map((sentence: unknown, env) => {
    if (sentence === undefined) return undefined;
    try {
      return readEvent(sentence, events);
    } catch (error) {
      throw new SnowglobeError(`env: environment ${env}, ${(error as Error).message}`, { cause: error });
    }
  });
}
