import { readFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { decodeImage, toRgb } from '@snowglobe/media';
import { parseWorldConfig } from '@snowglobe/model';
import { createNodeOnnxExecutor, readWorldFile } from '@snowglobe/runtime';
import { playTrajectories } from './src/calibration/trajectories.js';
import { layersOfWorld } from './src/world/layers.js';
import { quantizeMatrix } from './src/algorithms/quantize_matrix.js';
import { parseAlgorithm } from './src/algorithms/algorithm.js';
import { schemeNamed } from './src/schemes/registry.js';

export const t0 = performance.now();
export const log = (...a: unknown[]) => console.log(((performance.now() - t0) / 1000).toFixed(1), ...a);
export const file = await readWorldFile('packages/runtime/worlds/coinrun.safetensors', parseWorldConfig);
export const { config } = file.metadata;
export const executor = createNodeOnnxExecutor({ threads: 2 });
export const makeStore = (over: Map<string, Float32Array> = new Map()) => {
  const store = executor.createStore();
  for (const [name, t] of file.tensors) {
    if (t.data instanceof Float32Array)
      store.write(name, { shape: t.shape, dtype: 'f32' }, over.get(name) ?? t.data);
  }
  return store;
};
const dir = 'packages/runtime/worlds/prompts/';
export const prompts = await Promise.all(
  readdirSync(dir).map(async (f) =>
    Float32Array.from(toRgb(decodeImage(await readFile(dir + f))).data, (b) => b / 127.5 - 1),
  ),
);
export const float = makeStore();
export const layers = layersOfWorld(config);
export function quantizeAll(
  pick: (name: string, K: number) => [string, string] | undefined,
  stats?: Map<string, any>,
) {
  const over = new Map<string, Float32Array>();
  let bits = 0,
    num = 0;
  for (const [name, layer] of layers) {
    const p = pick(name, layer.shape[0]);
    if (!p) continue;
    const w = file.tensors.get(name)!.data as Float32Array;
    const q = quantizeMatrix(w, layer.shape, {
      scheme: schemeNamed(p[0]),
      algorithm: parseAlgorithm(p[1]),
      statistics: stats?.get(name),
      name,
    });
    over.set(name, q.weights);
    bits += q.matrix.packed.length * 32 + q.matrix.scales.length * 16;
    num += w.length;
  }
  return { over, bytes: bits / 8 + (4982078 - num) * 2, bpw: bits / num };
}
