/**
 * A program of someone who plays a world: in Node, Bun and Deno. Prints one line of JSON, what each way to play drew.
 * Called with the path of @snowglobe/element's dist folder, the address of a server, and a world that is small enough for the reference executor.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeImage } from '@snowglobe/media';
import { RemoteSession, findWorld, openWorld, socketChannel } from '@snowglobe/runtime';
import { openWorld as openWorldInPage } from '@snowglobe/runtime/browser';
import { digest } from './digest.mjs';

const [element, server, smallWorld] = process.argv.slice(2);
const world = await findWorld('crafter-int4');
const file = join(world, '..', 'prompts', 'crafter-1.png');
const prompt = decodeImage(await readFile(file), file);
// ONNX Runtime for WebAssembly puts that of node:worker_threads in its place.
const WebWorker = globalThis.Worker;

/** The codes of all frames, and whether the second half came again from a snapshot. */
async function walk(opened) {
  const frames = 16;
  try {
    const session = await opened.start({ prompt, seed: 7 });
    const play = async (from, to) => {
      const codes = [];
      for (let i = from; i < to; i++) codes.push((await session.step(i % 6, { codes: true })).codes.join());
      return codes;
    };
    const before = await play(0, frames / 2);
    const snapshot = await session.snapshot();
    const after = await play(frames / 2, frames);
    await session.restore(snapshot);
    const again = await play(frames / 2, frames);
    return {
      codes: digest([...before, ...after].join()),
      again: digest(again.join()) === digest(after.join()),
    };
  } finally {
    await opened.close();
  }
}

/** ONNX Runtime for WebAssembly. */
const inPage = async (executor) => {
  const script = pathToFileURL(join(element, 'ort', 'ort.wasm.min.js')).href;
  const { world: opened } = await openWorldInPage('http://localhost/crafter.safetensors', {
    ...{ executor, gpu: null, caches: undefined, loadOnnxRuntime: () => import(script) },
    fetch: async () => new Response(await readFile(world)),
  });
  return opened;
};

/** A player in a worker of the kind that this program has. */
async function inWorker() {
  const address = new URL('./worker.mjs', import.meta.url);
  const Built = WebWorker ?? (await import('node:worker_threads')).Worker;
  const worker = new Built(address, { type: 'module' });
  const answer = await new Promise((resolve, reject) => {
    if (WebWorker) {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    } else worker.on('message', resolve).on('error', reject);
    worker.postMessage({ element, world, prompt });
  });
  await worker.terminate();
  return answer;
}

/** A session on a server, whose connection is cut in the middle of it. */
async function afar() {
  let socket;
  let recoveries = 0;
  const Socket = globalThis.WebSocket ?? (await import('ws')).WebSocket;
  const session = await RemoteSession.open({
    ...{ world: 'crafter-int4', codes: true },
    connect: () => socketChannel((socket = new Socket(server))),
    listeners: { onRecovered: () => recoveries++ },
  });
  await session.start({ prompt, seed: 7 });
  const codes = [];
  for (let i = 0; i < 16; i++) {
    if (i === 8) socket.close();
    codes.push((await session.step(i % 6)).codes.join());
  }
  session.close();
  return { codes: digest(codes.join()), recoveries };
}

const refusal = await inPage('webgpu').catch(({ message }) => message);
const results = {
  onnx: await walk(await openWorld('crafter-int4', { executor: 'onnx', threads: 1 })),
  reference: await walk(await openWorld(smallWorld, { executor: 'reference' })),
  wasm: await walk(await inPage('onnx')),
  worker: await inWorker(),
  afar: await afar(),
  refusal,
};
console.log(JSON.stringify(results));
process.exit(0);
