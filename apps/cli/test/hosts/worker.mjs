/** The player that the tag consists of, without a page: beside the program that asks for it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { openWorld } from '@snowglobe/runtime';
import { digest } from './digest.mjs';

async function play({ element, world, prompt }) {
  const { createPlayer } = await import(pathToFileURL(join(element, 'create_player.js')).href);
  const player = await createPlayer({
    world: await openWorld(world, { executor: 'onnx', threads: 1 }),
    ...{ prompt, seed: 7, clock: 'manual' },
  });
  const { actions } = player.info;
  const codes = [];
  for (let i = 0; i < 16; i++) codes.push((await player.step(actions[i % 6])).codes.join());
  player.destroy();
  return { codes: digest(codes.join()) };
}

if (typeof postMessage === 'function' && globalThis.Worker) {
  globalThis.onmessage = ({ data }) => play(data).then(postMessage, report);
} else parentPort.on('message', (data) => play(data).then((answer) => parentPort.postMessage(answer)));

/** An error in a promise is none of the worker's. */
function report(error) {
  postMessage({ failure: String(error) });
}
