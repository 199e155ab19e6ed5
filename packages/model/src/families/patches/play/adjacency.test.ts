import type { Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { uniformBelowOne } from '../../../masked/chance.js';
import { generatorFor } from '../../../random.js';
import { packPairs } from '../config/adjacency.js';
import type { WithAdjacency } from '../config/config.js';
import { presets } from '../config/presets.js';
import { sampleBeside } from './adjacency.js';

const onnx = createNodeOnnxExecutor({ threads: 1 });
const reference = createReferenceExecutor();
afterAll(async () => void (await Promise.all([onnx.close(), reference.close()])));

const [rows, columns] = [5, 8];
const cells = rows * columns;
const { map, poses: _, ...micro } = presets.micro;
const [grass, back, front] = [0, 1, 2];
const codes = 3;

/** A back has its front on the right, and a front its back on the left; whatever is above and below. */
const goesRight = Uint8Array.from({ length: codes ** 2 }, (_unused, pair) => {
  const [a, b] = [Math.floor(pair / codes), pair % codes];
  return +((a === back) === (b === front));
});
const config: WithAdjacency = {
  ...{ width: columns * 4, height: rows * 4, fps: 8, ...micro, map, actions: 1, codebook: codes },
  grid: { size: 4, top: 0, left: 0 },
  // The last row does not scroll: whatever stands there is no neighbour.
  view: { top: 0, left: 0, rows: rows - 1, columns },
  motions: [[0, 0]],
  adjacency: { right: packPairs(goesRight), below: packPairs(new Uint8Array(codes ** 2).fill(1)) },
};

interface Frame {
  /** (P) of cells that are known. */
  readonly known: readonly number[];
  /** Cells that are open, ascending. */
  readonly open: readonly number[];
  /** (Q, K) */
  readonly logits: readonly number[];
  readonly uniforms: readonly number[];
}

/** All codes of frames side by side, whose open cells are as many. */
async function sample(frames: readonly Frame[], { executor = onnx as Executor, temperature = 1 } = {}) {
  const [batch, open] = [frames.length, frames[0]!.open.length];
  const builder = new GraphBuilder();
  const { tokens, confidence } = sampleBeside(
    builder.input('logits', [batch, open, codes]),
    {
      uniforms_BQ: builder.input('uniforms', [batch, open]),
      temperature: builder.input('temperature', [1]),
      codes_BM: builder.input('known', [batch, cells], 'i32'),
      open_BQ: builder.input('open', [batch, open], 'i32'),
    },
    config,
  );
  builder.output('tokens', tokens);
  builder.output('confidence', confidence);
  const program = await executor.compile(builder.build());
  const run = await program.run({
    logits: Float32Array.from(frames.flatMap(({ logits }) => logits)),
    uniforms: Float32Array.from(frames.flatMap(({ uniforms }) => uniforms)),
    temperature: Float32Array.of(temperature),
    known: Int32Array.from(frames.flatMap(({ known }) => known)),
    open: Int32Array.from(frames.flatMap((frame) => frame.open)),
  });
  await program.close();
  return frames.map(({ known, open: places }, b) => {
    const all = [...known];
    places.forEach((cell, q) => (all[cell] = run['tokens']![b * open + q]!));
    return { all, confidence: [...run['confidence']!].slice(b * open, (b + 1) * open) };
  });
}

const view = Array.from({ length: (rows - 1) * columns }, (_unused, cell) => cell);
const misfits = (all: readonly number[]): number =>
  view.filter((cell) => cell % columns < columns - 1 && goesRight[all[cell]! * codes + all[cell + 1]!] === 0)
    .length;

/** A view of which nothing is known, with as much chance of a car's halves as of grass. */
function openView(seed: number): Frame {
  const random = generatorFor(seed, 'adjacency');
  return {
    ...{ known: new Array<number>(cells).fill(grass), open: view },
    logits: view.flatMap(() => [0, 0, 0]),
    uniforms: view.map(() => uniformBelowOne(random)),
  };
}

describe('patches that go together', () => {
  it('are sampled so that they fit, where one by one every third pair would not', async () => {
    const sampled = await sample(Array.from({ length: 60 }, (_unused, seed) => openView(seed)));
    const pairs = 60 * (rows - 1) * (columns - 1);
    const misfit = sampled.reduce((total, { all }) => total + misfits(all), 0);
    // By chance 4 of 9.
    expect(misfit / pairs).toBeLessThan(0.06);
    const shown = sampled.flatMap(({ all }) => view.map((cell) => all[cell]!));
    for (const code of [grass, back, front])
      expect(shown.filter((each) => each === code).length / shown.length).toBeGreaterThan(0.1);
  });

  it('complete what is known beside them, at any temperature', async () => {
    const known = new Array<number>(cells).fill(grass);
    const cell = columns + 3;
    known[cell] = back;
    // The network finds a front unlikely, but not as unlikely as a back without one.
    const frame: Frame = { known, open: [cell + 1], logits: [3, 0, 0], uniforms: [0.5] };
    for (const temperature of [0, 1]) {
      const [{ all, confidence }] = (await sample([frame], { temperature })) as [
        { all: number[]; confidence: number[] },
      ];
      expect(all[cell + 1]).toBe(front);
      expect(confidence[0]).toBeGreaterThan(0.9);
    }
  });

  it('give way to what the network is sure of, and know nothing of cells beyond the view', async () => {
    const known = new Array<number>(cells).fill(grass);
    known[columns + 3] = back;
    const sure: Frame = { known, open: [columns + 4], logits: [20, 0, 0], uniforms: [0.5] };
    expect((await sample([sure]))[0]!.all[columns + 4]).toBe(grass);
    const below = view.length + 2;
    const sampled = await sample([
      {
        known: known.map((code, i) => (i === below - 1 ? back : code)),
        open: [below],
        logits: [1, 0, 0],
        uniforms: [0.01],
      },
    ]);
    expect(sampled[0]!.all[below]).toBe(grass);
  });

  it('come as often as the network says where anything fits', async () => {
    const shares = [0.7, 0.2, 0.1];
    const count = 3000;
    const cell = columns + 3;
    const frames = Array.from({ length: count }, (_unused, seed): Frame => {
      // Above and below everything goes: cells of one column do not care for each other.
      const known = new Array<number>(cells).fill(grass);
      return {
        known,
        open: [view.length + 1],
        logits: shares.map(Math.log),
        uniforms: openView(seed).uniforms.slice(cell, cell + 1),
      };
    });
    const sampled = await sample(frames);
    shares.forEach((share, code) => {
      const times = sampled.filter(({ all }) => all[view.length + 1] === code).length;
      expect(Math.abs(times - count * share)).toBeLessThan(4.5 * Math.sqrt(count * share * (1 - share)));
    });
  });

  it('are sampled alike by all executors, and side by side as alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.uniqueArray(fc.nat(cells - 1), { minLength: 9, maxLength: 9 }),
        async (seed, some) => {
          const frames = [0, 1, 2].map((b): Frame => {
            const random = generatorFor(seed + b, 'frame');
            const chance = (): number => uniformBelowOne(random);
            return {
              known: Array.from({ length: cells }, () => Math.floor(chance() * codes)),
              open: some.map((cell) => (cell + b) % cells).sort((x, y) => x - y),
              logits: Array.from({ length: 9 * codes }, () => 4 * chance()),
              uniforms: Array.from({ length: 9 }, chance),
            };
          });
          const together = (await sample(frames)).map(({ all }) => all);
          expect((await sample(frames, { executor: reference })).map(({ all }) => all)).toEqual(together);
          for (const [b, frame] of frames.entries())
            expect((await sample([frame]))[0]!.all).toEqual(together[b]);
        },
      ),
      { numRuns: 12 },
    );
  });
});
