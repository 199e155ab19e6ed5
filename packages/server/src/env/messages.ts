/** Messages of OpenEnv (https://github.com/meta-pytorch/OpenEnv, `env_server/types.py`), JSON over WebSocket. The README says them in words. */
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';

/** Bytes of the largest message: a picture in base64. */
export const envMessageBytes = 4 * 2 ** 20;

/** OpenEnv's words for what went wrong, those of them that happen here. */
export type EnvErrorCode =
  | 'INVALID_JSON'
  | 'UNKNOWN_TYPE'
  | 'VALIDATION_ERROR'
  | 'SESSION_ERROR'
  | 'EXECUTION_ERROR'
  | 'CAPACITY_REACHED';

export const envError = (code: EnvErrorCode, message: string) =>
  ({ type: 'error', data: { message, code } }) as const;

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const reset = v.strictObject({
  world: v.optional(v.pipe(text(200), v.minLength(1))),
  seed: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31))),
  episode_id: v.nullish(text(255)),
  prompt: v.nullish(v.pipe(v.string(), v.base64('must be a picture file in base64'))),
  text: v.nullish(text(2000)),
  temperature: v.nullish(v.number()),
  confidence_threshold: v.nullish(v.number()),
  observation: v.optional(v.picklist(['png', 'rgb'])),
  reward: v.nullish(text(200)),
});
const step = v.strictObject({
  action: v.union(
    [text(64), v.pipe(v.number(), v.integer(), v.minValue(0))],
    'must be a name of an action or its number',
  ),
  tell: v.nullish(text(2000)),
  metadata: v.optional(v.record(v.string(), v.unknown())),
});
const message = v.variant('type', [
  v.strictObject({ type: v.literal('reset'), data: v.optional(reset, {}) }),
  v.strictObject({ type: v.literal('step'), data: step }),
  v.strictObject({ type: v.literal('state'), data: v.optional(v.record(v.string(), v.unknown())) }),
  v.strictObject({ type: v.literal('close'), data: v.optional(v.record(v.string(), v.unknown())) }),
]);
const types: readonly unknown[] = ['reset', 'step', 'state', 'close'];

export type EnvMessage = v.InferOutput<typeof message>;
export type EnvReset = v.InferOutput<typeof reset>;
export interface EnvRefusal {
  readonly code: EnvErrorCode;
  readonly refused: string;
}

/** Reads what claims to be a message. */
export function readEnvMessage(data: unknown): EnvMessage | EnvRefusal {
  let given: unknown;
  try {
    if (typeof data !== 'string') throw new Error('it is bytes, not a text');
    given = JSON.parse(data);
  } catch (error) {
    return {
      code: 'INVALID_JSON',
      refused: `message: it cannot be read (${(error as Error).message}); send JSON.`,
    };
  }
  const { type } = (typeof given === 'object' && given !== null ? given : {}) as { type?: unknown };
  if (!types.includes(type)) {
    const what = JSON.stringify(type)?.slice(0, 80) ?? 'nothing';
    return {
      code: 'UNKNOWN_TYPE',
      refused: `message: its type is ${what}; use reset, step, state or close.`,
    };
  }
  const parsed = v.safeParse(message, given);
  if (parsed.success) return parsed.output;
  return {
    code: 'VALIDATION_ERROR',
    refused: `${String(type)}: ${describeIssue(parsed.issues[0])}; correct it.`,
  };
}
