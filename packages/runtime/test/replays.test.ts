import { readFileSync } from 'node:fs';
import type { Executor } from '@snowglobe/graph';
import { decodeImage } from '@snowglobe/media';
import { decodeWorld } from '@snowglobe/model';
import { describe, expect, test } from 'vitest';
import { World } from '../src/world/world.js';
import { createReferenceExecutor } from '../src/reference/reference.js';
import { openBestDevice } from '../src/devices/node/index.js';
import { createNodeOnnxExecutor } from '../src/node/onnx.js';
import { createWebgpuExecutor } from '../src/webgpu/index.js';
import { prompt, replays, script } from './replays.js';

const read = (name: string): Uint8Array => readFileSync(new URL(`./replays/${name}`, import.meta.url));

/** Files that were written by earlier versions play as they did when they were recorded, on every executor. */
describe.each(replays)('the replay %s', (name) => {
  const executors: [string, () => Promise<Executor>][] = [
    ['reference', async () => createReferenceExecutor()],
    ['onnx', async () => createNodeOnnxExecutor({ threads: 1 })],
    ['webgpu', async () => createWebgpuExecutor((await openBestDevice()).opened!)],
  ];
  const recorded = JSON.parse(new TextDecoder().decode(read(`${name}.json`))) as { codes: number[][] };

  test.each(executors)('samples the recorded codes and picture on %s', async (_, open) => {
    const world = await World.create(decodeWorld(read(`${name}.safetensors`), name), name, open);
    try {
      const session = await world.start({ prompt, seed: 7, temperature: 0 });
      const codes: number[][] = [];
      let last: Uint8ClampedArray | Uint8Array = new Uint8Array();
      for (const action of script) {
        const frame = await session.step(action, { codes: true });
        codes.push([...frame.codes!]);
        last = frame.rgba;
      }
      expect(codes).toEqual(recorded.codes);
      const picture = decodeImage(read(`${name}.png`), name);
      let largest = 0;
      picture.data.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - last[i]!))));
      // Executors add in other orders: a value on the edge of two bytes may fall on either side.
      expect(largest).toBeLessThanOrEqual(1);
      expect(new Set(recorded.codes.map(String)).size).toBeGreaterThan(4);
    } finally {
      await world.close();
    }
  });
});
