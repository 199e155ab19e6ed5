import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const runner = fileURLToPath(new URL('../../../../scripts/source.mjs', import.meta.url));
const script = fileURLToPath(new URL('serve.ts', import.meta.url));

export interface ChildServer {
  readonly port: number;
  /** What it has printed as an error so far. */
  errors(): string;
  /** How it ended, or undefined while it runs. */
  ended(): string | undefined;
  /** Of memory that it has; 0 where the system does not say. */
  megabytes(): number;
  stop(): Promise<void>;
}

/** Starts a server as a process with half a gigabyte for JavaScript, so that a message that claims gigabytes ends it at once. */
export async function startChildServer(page: string): Promise<ChildServer> {
  const child = spawn(process.execPath, [runner, script, page], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=512' },
  });
  let errors = '';
  let ended: string | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const closed = once(child, 'close').then(([code, signal]: unknown[]) => {
    ended = `exit ${String(code)}, signal ${String(signal)}: ${errors}`;
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => resolve(Number(text)));
    void closed.then(() => reject(new Error(`the server did not start: ${ended}`)));
  });
  return {
    port,
    errors: () => errors,
    ended: () => ended,
    megabytes() {
      try {
        const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))!;
        return Number(kilobytes) / 1000;
      } catch {
        return 0;
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** How a client leaves after it has sent what it had. */
export type Leave = 'end' | 'reset' | 'wait';

/**
 * Sends bytes over TCP.
 * @returns what came back: all of it for `end`, what came within a moment for `wait`, nothing for `reset`
 */
export async function sendRaw(port: number, bytes: string | Uint8Array, leave: Leave): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.setEncoding('latin1').on('data', (text: string) => (got += text));
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  if (leave === 'reset') socket.resetAndDestroy();
  if (leave === 'end') socket.end();
  if (leave === 'wait') {
    await Promise.race([closed, sleep(20)]);
    socket.destroy();
  }
  await closed;
  return got;
}
