import type { Executor } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { roundedWorld, untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { SpeedEvaluator } from './speed.js';

const prompt = new Float32Array(untrainedConfig.width * untrainedConfig.height * 3);
const float = untrainedWorld();
const inBits = (bits: 2 | 4): WorldFile =>
  roundedWorld(float, () => ({ bits, group: 16, zeroPoints: false }));

/** An executor whose programs need so long for their first run, as one with a compiler does. */
function slowAtFirst(ms: number) {
  const seen = { opened: 0, compiled: 0, closed: 0 };
  const open = (): Promise<Executor> => {
    seen.opened++;
    const executor = createNodeOnnxExecutor({ threads: 1 });
    return Promise.resolve({
      kind: 'webgpu',
      device: 'a slow compiler',
      lost: executor.lost,
      createStore: () => executor.createStore(),
      async compile(graph, options) {
        seen.compiled++;
        const program = await executor.compile(graph, options);
        let isFirst = true;
        return {
          stats: program.stats,
          store: program.store,
          async run(inputs, outputs) {
            if (isFirst) await new Promise((resolve) => setTimeout(resolve, ms));
            isFirst = false;
            return program.run(inputs, outputs);
          },
          close: () => program.close(),
        };
      },
      async close() {
        seen.closed++;
        await executor.close();
      },
    });
  };
  return { seen, open };
}

it('what a compiler takes is not counted, however long', async () => {
  const { seen, open } = slowAtFirst(2500);
  const evaluator = new SpeedEvaluator(prompt, { open });
  const { framesPerSecond, peakBytes, stateBytes } = await evaluator.measure(float, ['webgpu']);
  expect(framesPerSecond.webgpu).toBeGreaterThan(2);
  expect(peakBytes).toBeGreaterThan(0);
  expect(stateBytes).toBeGreaterThan(prompt.length * 4);
  await evaluator.close();
  expect(seen).toEqual({ opened: 1, compiled: 1, closed: 1 });
});

it('an executor stays open from world to world, and plays those that lie alike once', async () => {
  const { seen, open } = slowAtFirst(0);
  const evaluator = new SpeedEvaluator(prompt, { open });
  const first = await evaluator.measure(inBits(4), ['webgpu']);
  expect(await evaluator.measure(inBits(4), ['webgpu'])).toEqual(first);
  const other = await evaluator.measure(inBits(2), ['webgpu']);
  expect(other.peakBytes).toBeLessThan(first.peakBytes);
  await evaluator.close();
  await evaluator.close();
  expect(seen).toEqual({ opened: 1, compiled: 2, closed: 1 });
  await expect(evaluator.measure(float, ['webgpu'])).rejects.toThrow(
    /its evaluator is closed; make another one/,
  );
});

it('an executor that has had its time is left out', async () => {
  const { seen, open } = slowAtFirst(0);
  const evaluator = new SpeedEvaluator(prompt, { open, longestInAllMs: 1 });
  const first = await evaluator.measure(inBits(4), ['webgpu']);
  expect(first.framesPerSecond.webgpu).toBeGreaterThan(0);
  expect((await evaluator.measure(inBits(2), ['webgpu'])).framesPerSecond).toEqual({});
  expect(await evaluator.measure(inBits(4), ['webgpu'])).toEqual(first);
  await evaluator.close();
  expect(seen.compiled).toBe(1);
});
