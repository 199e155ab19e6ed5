import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** How a part of the check ended. */
export interface PartOutcome {
  readonly state: 'done' | 'done in part' | 'failed' | 'out of time' | 'left out';
  readonly seconds: number;
  /** Why it failed or was left out, in a sentence. */
  readonly reason?: string;
  /** What it printed with `--json`, where that is one object. */
  readonly answer?: unknown;
}

export interface RunOptions {
  /** The program and what comes before a command's own arguments. */
  readonly program: readonly [command: string, ...args: string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Takes what the part says on stderr. */
  readonly log: string;
  readonly signal?: AbortSignal;
}

/** After it was asked to stop, a process has so long to write what it has. */
const graceMs = 10_000;
/** Of an answer, so much is kept; a record has some hundred kB. */
const answerBytes = 64 << 20;

/**
 * Runs one command of the program in a process of its own, so that a driver that crashes takes nothing else down. At its limit the process
 * is asked to stop (SIGINT), then ended.
 */
export async function runPart(args: readonly string[], options: RunOptions): Promise<PartOutcome> {
  const { program, environment, limitMs, log, signal } = options;
  const [command, ...before] = program;
  const started = performance.now();
  const child = spawn(command, [...before, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const remarks = createWriteStream(log);
  child.stderr.pipe(remarks);
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (answer.length < answerBytes) answer += text;
  });
  let isLate = false;
  const stop = (): void => {
    child.kill('SIGINT');
    killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  let killer: NodeJS.Timeout | undefined;
  const limit = setTimeout(() => {
    isLate = true;
    stop();
  }, limitMs);
  signal?.addEventListener('abort', stop, { once: true });
  const end = await new Promise<{ code: number | null; name: NodeJS.Signals | null; error?: Error }>(
    (resolve) => {
      child.on('error', (error) => resolve({ code: null, name: null, error }));
      child.on('close', (code, name) => resolve({ code, name }));
    },
  );
  clearTimeout(limit);
  clearTimeout(killer);
  signal?.removeEventListener('abort', stop);
  remarks.end();
  await finished(remarks).catch(() => {}); // A full disk loses remarks, not the check.
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const parsed = parse(answer);
  const kept = parsed === undefined ? {} : { answer: parsed };
  // A part that was asked to stop and did so in good order says 130, and what it had done until then.
  if (end.code === 0 || (end.code === 130 && parsed !== undefined))
    return { state: 'done', seconds, ...kept };
  if (isLate || signal?.aborted) return { state: 'out of time', seconds, ...kept };
  const said = (parsed as { error?: unknown } | undefined)?.error;
  const reason =
    typeof said === 'string'
      ? said
      : (end.error?.message ??
        (end.name ? `the process was ended by ${end.name}` : `the process ended with code ${end.code}`));
  return { state: 'failed', seconds, reason, ...kept };
}

function parse(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined; // Cut off by the limit, or a crash's last words.
  }
}
