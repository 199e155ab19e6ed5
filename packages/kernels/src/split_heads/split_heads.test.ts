import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder, eliminateDeadCode } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { checkKernel, checkVariants, expectClose, f32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { pointwise as p } from '../pointwise/pointwise.js';
import { reshape } from '../reshape/reshape.js';
import { rmsNorm } from '../rms_norm/rms_norm.js';
import { rotary } from '../rotary/rotary.js';
import { slice, split } from '../slice/slice.js';
import { fuseHeads } from './fuse_heads.js';
import type { HeadPart, SplitHeadsAttributes } from './split_heads.js';
import { splitHeadsOp } from './split_heads.js';

const part = (start: number, heads: number, normalize: boolean, rotate: boolean): HeadPart => ({
  start,
  heads,
  normalize,
  rotate,
});

describe('splitHeads', () => {
  it.each<[number[], number, SplitHeadsAttributes]>([
    [
      [2, 3, 48],
      3,
      {
        headWidth: 8,
        epsilon: 1e-6,
        inverse: false,
        parts: [part(0, 2, true, true), part(16, 2, true, true), part(32, 2, false, false)],
      },
    ],
    [[70, 11], 1, { headWidth: 1, epsilon: 1, inverse: false, parts: [part(3, 4, false, false)] }],
    [
      [4, 20],
      2,
      {
        headWidth: 4,
        epsilon: 0.1,
        inverse: true,
        parts: [part(8, 1, false, true), part(0, 2, true, false)],
      },
    ],
  ])('of %j agrees on every executor and in every variant', async (shape, frames, attributes) => {
    const table = f32(frames, attributes.headWidth / 2);
    const rotates = attributes.parts.some(({ rotate }) => rotate);
    const testCase = {
      inputs: { x: f32(...shape), ...(rotates && { cos: table, sin: table }) },
      build: ({ x, cos, sin }: any) =>
        x.builder.apply(splitHeadsOp, rotates ? [x, cos, sin] : [x], attributes),
    };
    await checkKernel(testCase);
    await checkVariants(testCase, 'splitHeads');
  });

  it('refuses parts and tables that do not fit', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [4, 8]);
    const attributes = { headWidth: 4, epsilon: 1, inverse: false, parts: [part(4, 2, false, false)] };
    expect(() => builder.apply(splitHeadsOp, [x], attributes)).toThrow(/2 heads of 4 from column 4 on/);
    const turned = { ...attributes, parts: [part(0, 1, false, true)] };
    const table = builder.input('table', [3, 2]);
    expect(() => builder.apply(splitHeadsOp, [x, table, table], turned)).toThrow(
      /tables of \(3, 2\) do not fit 4/,
    );
  });
});

const [groups, frames, width, heads] = [3, 2, 16, 2];

function graphOf(build: (qkv: Tensor, cos: Tensor, sin: Tensor) => readonly Tensor[]): Graph {
  const builder = new GraphBuilder();
  const table = [frames, width / heads / 2];
  const qkv = builder.input('qkv', [groups, frames, 3 * width]);
  build(qkv, builder.input('cos', table), builder.input('sin', table)).forEach((tensor, i) =>
    builder.output(String(i), tensor),
  );
  return eliminateDeadCode(builder.build());
}

const opsOf = (graph: Graph): string[] =>
  graph.nodes.flatMap((node) => (node.kind === 'op' && node.op.name !== 'reshape' ? [node.op.name] : []));

async function expectSame(graph: Graph): Promise<Graph> {
  const fused = fuseHeads(graph);
  const executor = createReferenceExecutor();
  const inputs = Object.fromEntries(
    [...graph.inputs].map(([name, tensor], i) => [name, randomData(tensor, i + 1)]),
  );
  const [expected, actual] = await Promise.all(
    [graph, fused].map(async (each) => (await executor.compile(each)).run(inputs)),
  );
  for (const name of Object.keys(expected!)) expectClose(name, actual![name]!, expected![name]!);
  return fused;
}

const headNorm = (x: Tensor): Tensor =>
  reshape(rmsNorm(reshape(x, [groups, frames, heads, width / heads])), x.shape);
const parts = (qkv: Tensor): [Tensor, Tensor, Tensor] =>
  split(qkv, -1, [width, width, width]) as [Tensor, Tensor, Tensor];

describe('fuseHeads', () => {
  it('makes one kernel of queries, keys and values with norm and rotary positions', async () => {
    const fused = await expectSame(
      graphOf((qkv, cos, sin) => {
        const [q, k, v] = parts(qkv);
        return [p.exp(rotary(headNorm(q), cos, sin, heads)), rotary(headNorm(k), cos, sin, heads), v];
      }),
    );
    expect(opsOf(fused)).toEqual(['splitHeads', 'exp']);
  });

  it('takes what is normalised only, and copies', async () => {
    const normalised = graphOf((qkv) => {
      const [q, k, v] = parts(qkv);
      return [headNorm(q), headNorm(k), p.exp(v)];
    });
    expect(opsOf(await expectSame(normalised))).toEqual(['splitHeads', 'exp']);
    expect(opsOf(await expectSame(graphOf((qkv) => parts(qkv))))).toEqual(['splitHeads']);
  });

  it.each<[string, (qkv: Tensor, cos: Tensor, sin: Tensor) => readonly Tensor[], string[]]>([
    ['a single slice', (qkv) => [slice(qkv, -1, 3, 5)], ['slice']],
    ['slices along another axis', (qkv) => split(qkv, 1, [1, 1]), ['slice', 'slice']],
    [
      'a normalised value that is also a result',
      (qkv, cos, sin) => {
        const [q, k] = parts(qkv);
        const n = headNorm(q);
        return [n, rotary(n, cos, sin, heads), k];
      },
      ['splitHeads', 'rotary'],
    ],
    [
      'parts that turn differently',
      (qkv, cos, sin) => {
        const [q, k] = parts(qkv);
        return [rotary(q, cos, sin, heads), rotary(k, sin, cos, heads)];
      },
      ['slice', 'rotary', 'slice', 'rotary'],
    ],
    [
      'a table that is computed later',
      (qkv, cos, sin) => {
        const [q, k] = parts(qkv);
        return [p.exp(k), rotary(q, p.exp(cos), sin, heads)];
      },
      ['slice', 'exp', 'exp', 'slice', 'rotary'],
    ],
  ])('leaves %s', async (_, build, ops) => {
    expect(opsOf(await expectSame(graphOf(build))).sort()).toEqual([...ops].sort());
  });
});
