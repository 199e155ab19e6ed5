import type { Executor, TensorData, TensorSpec } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { executorsUnderTest, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { FirstFrame, FirstFrames } from '../../../family/first_frames.js';
import { bytesOfPixels } from '../../../pixels.js';
import { readText } from '../../../text/vocabulary.js';
import { packPairs } from '../config/adjacency.js';
import type { MapConfig } from '../config/config.js';
import { frameCells } from '../config/config.js';
import { presets } from '../config/presets.js';
import { patchesModel } from '../patches_model.js';
import { PatchEncoder } from '../tokenizer/codebook.js';
import { codebookName } from '../tokenizer/patches.js';

const { poses: _, map: __, ...micro } = presets.micro;
const config: MapConfig = {
  ...{ width: 20, height: 16, fps: 8 },
  ...micro,
  dynamics: { width: 16, layers: 2, heads: 2 },
  ...{ grid: { size: 4, top: 0, left: 0 }, codebook: 9, view: { top: 0, left: 0, rows: 4, columns: 5 } },
  ...{ actions: 2, motions: [[0, 0]], map: { rows: 8, columns: 9 } },
  words: { vocabulary: ['lake', 'west', 'cow'], width: 8 },
};
const model = patchesModel(config);
const firstFrames = model.firstFrames!;

function weightOf(name: string, spec: TensorSpec): Float32Array {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
  return (randomData(spec, seed) as Float32Array).map((x) => x * 0.7);
}
const world = {
  tensors: new Map([[codebookName, { data: weightOf(codebookName, { shape: [9, 48], dtype: 'f32' }) }]]),
};

/** Runs the graphs of first frames on an executor. */
async function runner(executor: Executor, candidates: number, drawing = firstFrames) {
  const store = executor.createStore();
  const graphs = drawing.graphs(candidates);
  const programs = new Map<string, Awaited<ReturnType<Executor['compile']>>>();
  for (const [name, graph] of Object.entries(graphs)) {
    for (const [weight, spec] of graph.variables) {
      if (!store.has(weight)) store.write(weight, spec, weightOf(weight, spec));
    }
    programs.set(name, await executor.compile(graph, { store }));
  }
  return (name: string, inputs: Readonly<Record<string, TensorData>>) => programs.get(name)!.run(inputs);
}

describe('first frames from words', () => {
  const text = readText('a lake in the west and a cow', firstFrames);

  it('are the same on all executors', async () => {
    const drawn: (readonly FirstFrame[])[] = [];
    for (const executor of [createReferenceExecutor(), ...(await executorsUnderTest())]) {
      const run = await runner(executor, 2);
      drawn.push(await firstFrames.draw(text, { seed: 5, candidates: 2 }, run, world));
    }
    for (const other of drawn.slice(1)) {
      other.forEach(({ frame, holds }, i) => {
        expect(frame).toEqual(drawn[0]![i]!.frame);
        holds.forEach((each, k) => expect(each).toBeCloseTo(drawn[0]![i]!.holds[k]!, 4));
      });
    }
    expect(drawn.length).toBeGreaterThanOrEqual(2);
  });

  it('depend on text and seed, and come best first', async () => {
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const run = await runner(executor, 3);
    const draw = (what: Parameters<typeof firstFrames.draw>[0], seed: number) =>
      firstFrames.draw(what, { seed, candidates: 3 }, run, world);
    const [first, again, other, lake] = [
      await draw(text, 1),
      await draw(text, 1),
      await draw(text, 2),
      await draw(readText('lake', firstFrames), 1),
    ];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(lake!.map(({ frame }) => frame)).not.toEqual(first.map(({ frame }) => frame));
    const likelihoods = first.map(({ holds }) => holds.reduce((sum, each) => sum + Math.log(each), 0));
    expect(likelihoods).toEqual([...likelihoods].sort((a, b) => b - a));
    expect(first[0]!.frame).toHaveLength(16 * 20 * 3);
    await executor.close();
  });

  it('follow as many clauses as the captions of their world have', async () => {
    const long = patchesModel({ ...config, words: { ...config.words!, clauses: 10 } }).firstFrames!;
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const said = (last: string): string => `${'cow, '.repeat(9)}${last}`;
    for (const [drawing, clauses] of [[long, 10] as const, [firstFrames, 8] as const]) {
      const run = await runner(executor, 2, drawing);
      const drawn = await Promise.all(
        ['lake', 'west'].map((last) =>
          drawing.draw(readText(said(last), drawing), { seed: 1, candidates: 2 }, run, world),
        ),
      );
      expect(drawn[0]![0]!.holds).toHaveLength(clauses);
      // What is beyond them changes nothing.
      expect(JSON.stringify(drawn[0]) === JSON.stringify(drawn[1])).toBe(clauses === 8);
    }
    await executor.close();
  });

  it('show patches beside those that they are seen beside', async () => {
    const { codebook } = config;
    const allowed = Uint8Array.from({ length: codebook ** 2 }, (_unused, pair) => +(pair % 3 > 0));
    const adjacency = { right: packPairs(allowed), below: packPairs(allowed) };
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const run = await runner(executor, 8);
    const { columns, rows } = frameCells(config);
    const patches = bytesOfPixels(world.tensors.get(codebookName)!.data);
    const encoder = new PatchEncoder({ grid: { ...config.grid, rows, columns }, patches, size: codebook });
    const misfits = async (of: FirstFrames): Promise<number> => {
      const frames = await of.draw(text, { seed: 3, candidates: 8 }, run, world);
      return frames.reduce((total, { frame }) => {
        const { codes } = encoder.encode(bytesOfPixels(frame), config);
        const misfit = (a: number, b: number): number => 1 - allowed[codes[a]! * codebook + codes[b]!]!;
        for (let cell = 0; cell < rows * columns; cell++) {
          if (cell % columns < columns - 1) total += misfit(cell, cell + 1);
          if (cell + columns < rows * columns) total += misfit(cell, cell + columns);
        }
        return total;
      }, 0);
    };
    const before = await misfits(firstFrames);
    // A third of the 31 pairs of 8 frames by chance; the last cells may find nothing that fits all sides.
    expect(before).toBeGreaterThan(40);
    expect(await misfits(patchesModel({ ...config, adjacency }).firstFrames!)).toBeLessThan(before / 2);
    await executor.close();
  });

  it('leave play as it is: the graph of a frame knows nothing of words', () => {
    const { words: ___, ...silent } = config;
    const names = (of: ReturnType<typeof patchesModel>) => [...of.frameGraph().variables.keys()];
    expect(names(model)).toEqual(names(patchesModel(silent)));
    expect(patchesModel(silent).firstFrames).toBeUndefined();
    expect(patchesModel(silent).learningWords!(['lake']).firstFrames!.vocabulary).toEqual(['lake']);
    expect(model.learningWords).toBeUndefined();
  });
});
