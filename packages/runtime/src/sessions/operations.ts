/** Operations of a session as bytes, and what becomes of a session by them. */
import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';
import type { SavedSession, Step } from '../world/timeline.js';
import type { SessionFile } from './saved.js';
import { decodeSession } from './saved.js';
import type { StoredSession } from './store.js';

/** JSON begins with a brace, a session with this. */
const sessionMark = 0;

const schema = v.union([
  v.strictObject({ action: v.union([v.string(), v.number()]), told: v.optional(v.string()) }),
  v.strictObject({ back: v.number() }),
]);

const encode = (operation: object): Uint8Array => new TextEncoder().encode(JSON.stringify(operation));

/** A frame was sampled. */
export const stepped = ({ action, told }: Step): Uint8Array =>
  encode({ action, ...(told !== undefined && { told }) });

/** The session went back to a frame that its log reaches. */
export const wentBack = (index: number): Uint8Array => encode({ back: index });

/** The session went back to before its log: all of it as it is now. */
export function wentTo(saved: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(saved.length + 1);
  bytes[0] = sessionMark;
  bytes.set(saved, 1);
  return bytes;
}

/** What a stored session amounts to. @throws SnowglobeError when it is damaged */
export async function replayLog({ saved, log }: StoredSession): Promise<SessionFile> {
  let file = await decodeSession(saved, 'session');
  let steps = [...file.steps];
  for (const bytes of log) {
    if (bytes[0] === sessionMark) {
      file = await decodeSession(bytes.subarray(1), 'session');
      steps = [...file.steps];
      continue;
    }
    const operation = read(bytes);
    if ('back' in operation) steps = stepsUpTo(file, steps, operation.back);
    else steps.push({ action: operation.action, told: operation.told });
  }
  return { ...file, steps };
}

function stepsUpTo({ snapshot }: SavedSession, steps: readonly Step[], index: number): Step[] {
  const left = index - snapshot.index;
  if (!Number.isInteger(left) || left < 0 || left > steps.length) throw damaged();
  return steps.slice(0, left);
}

function read(bytes: Uint8Array): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    throw damaged();
  }
}

const damaged = (): SnowglobeError =>
  new SnowglobeError('session: what is kept of it is damaged; start a new one.');
