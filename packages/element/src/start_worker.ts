import { SnowglobeError } from '@snowglobe/graph';
import { files } from './files.js';
import { watchPolicy, whyNotLoaded } from './why_not_loaded.js';

/** As much of a worker as `portChannel` needs. */
export interface WorkerPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: Event) => void): void;
  terminate(): void;
}

/**
 * Starts the worker in which a world runs, wherever the page has the element from. When it does not start, its error event
 * says why, in a sentence.
 */
export function startWorker(): WorkerPort {
  if (globalThis.Worker === undefined) {
    throw new SnowglobeError(
      'world: this program starts no Web Workers, in which an address is played; open the world by openWorld, and give it as `world`.',
    );
  }
  watchPolicy();
  const { worker: file, ...others } = files;
  const parameters = new URLSearchParams(Object.entries(others).map(([name, address]) => [name, address()]));
  const address = `${file()}#${parameters}`;
  const script = startable(address);
  const worker = new Worker(trusted(script), { type: 'module', name: 'snowglobe' });
  if (script.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(script), 10_000);
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    addEventListener(type, listener) {
      if (type !== 'error') return worker.addEventListener(type, listener);
      worker.addEventListener('error', (event) => {
        // An error in a script that runs has a message of its own.
        if ((event as ErrorEvent).message) return listener(event);
        void whyNotLoaded(script, address).then((error) => {
          // A part of a sentence of the channel's.
          const message = error?.message.replace(/[.]$/, '') ?? `its script ${file()} did not load`;
          listener(Object.assign(new Event('error'), { message }));
        });
      });
    },
  };
}

/** A script of this page's own origin that does what the one at `address` does: browsers start no worker from another. */
function startable(address: string): string {
  if (new URL(address).origin === globalThis.origin) return address;
  const script = `import ${JSON.stringify(address)};`;
  // In a sandboxed frame nothing is of the own origin, not even what it made itself.
  if (globalThis.origin === 'null') return `data:text/javascript,${encodeURIComponent(script)}`;
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
}

interface TrustedTypes {
  createPolicy(name: string, rules: object): { createScriptURL(address: string): string };
}
let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;

/** Pages that require trusted types take no plain address. */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy('snowglobe', { createScriptURL: (each: string) => each });
  return policy?.createScriptURL(address) ?? address;
}
