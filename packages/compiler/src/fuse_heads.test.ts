import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise as p, reshape, rmsNorm, rotary, slice, split } from '@snowglobe/kernels';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { expectClose, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { eliminateDeadCode } from './dead_code.js';
import { fuseHeads } from './fuse_heads.js';

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
