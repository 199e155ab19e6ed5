/** Nodes as processes on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SnowglobeError } from '@snowglobe/graph';

/** As source it needs tsx; other packages come from their builds even then, which start in a third of the time. */
const isSource = import.meta.url.endsWith('.ts');
const runner = isSource ? ['--import', import.meta.resolve('tsx')] : [];
const nodeScript = fileURLToPath(new URL(isSource ? 'node.ts' : 'trial/node.js', import.meta.url));

export interface NodeProcess {
  readonly port: number;
  signal(signal: NodeJS.Signals): void;
  /** What it has said so far. */
  said(): string;
  /** Until it is gone. */
  readonly gone: Promise<unknown>;
}

/** @param world path of its file */
export async function startNode(world: string, redisUrl: string): Promise<NodeProcess> {
  const child = spawn(process.execPath, [...runner, nodeScript, world, redisUrl], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const gone = once(child, 'close');
  const { port, pid } = await new Promise<{ readonly port: number; readonly pid: number }>(
    (resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text) as never));
      void gone.then(() => reject(new SnowglobeError(`cluster: a node did not start, and said: ${errors}`)));
    },
  );
  return {
    port,
    gone,
    said: () => errors,
    signal(signal) {
      try {
        process.kill(pid, signal);
      } catch {
        // It is gone.
      }
    },
  };
}
