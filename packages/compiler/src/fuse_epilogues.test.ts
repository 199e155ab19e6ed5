import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { checkKernel, checkVariants, expectClose, f32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { matmul, pointwise as p, reshape } from '@snowglobe/kernels';
import { fuseMatmulEpilogues } from './fuse_epilogues.js';

interface Operands {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly u: Tensor;
  readonly bias: Tensor;
}

function graphOf(build: (operands: Operands) => Readonly<Record<string, Tensor>>): Graph {
  const builder = new GraphBuilder();
  const operands = {
    x: builder.input('x', [2, 3, 8]),
    w: builder.input('w', [8, 8]),
    u: builder.input('u', [8, 8]),
    bias: builder.input('bias', [8]),
  };
  for (const [name, tensor] of Object.entries(build(operands))) builder.output(name, tensor);
  return builder.build();
}

const opsOf = (graph: Graph): string[] =>
  graph.nodes.flatMap((node) => (node.kind === 'op' ? [node.op.name] : []));

async function expectSame(graph: Graph): Promise<Graph> {
  const fused = fuseMatmulEpilogues(graph);
  const executor = createReferenceExecutor();
  const inputs = Object.fromEntries(
    [...graph.inputs].map(([name, tensor], index) => [name, randomData(tensor, index + 1)]),
  );
  const [expected, actual] = await Promise.all(
    [graph, fused].map(async (each) => (await executor.compile(each)).run(inputs)),
  );
  for (const name of Object.keys(expected!)) expectClose(name, actual![name]!, expected![name]!);
  return fused;
}

describe('fuseMatmulEpilogues', () => {
  it('makes two kernels of a feed-forward part with its residual', async () => {
    const graph = graphOf(({ x, w, u, bias }) => ({
      y: p.add(x, matmul(p.gelu(matmul(x, w, { bias })), u)),
    }));
    const fused = await expectSame(graph);
    expect(opsOf(fused)).toEqual(['matmul', 'matmul']);
    expect(
      fused.nodes.filter(({ kind }) => kind === 'op').map((node) => node.kind === 'op' && node.attributes),
    ).toEqual([
      expect.objectContaining({ activation: 'gelu', hasResidual: false }),
      expect.objectContaining({ activation: 'none', hasResidual: true }),
    ]);
  });

  it('adds after the activation, and a chain of both is one kernel', async () => {
    const fused = await expectSame(
      graphOf(({ x, w, bias }) => ({ y: p.add(p.silu(matmul(x, w, { bias })), x) })),
    );
    expect(opsOf(fused)).toEqual(['matmul']);
  });

  it.each<[string, (operands: Operands) => Readonly<Record<string, Tensor>>, string[]]>([
    [
      'a result that others read',
      ({ x, w }) => {
        const y = matmul(x, w);
        return { y: p.gelu(y), z: p.add(y, y) };
      },
      ['matmul', 'gelu', 'add'],
    ],
    [
      'an output',
      ({ x, w }) => {
        const y = matmul(x, w);
        return { y, z: p.gelu(y) };
      },
      ['matmul', 'gelu'],
    ],
    [
      'a sum that repeats an operand',
      ({ x, w, bias }) => ({ y: p.add(matmul(x, w), bias) }),
      ['matmul', 'add'],
    ],
    ['an activation after a sum', ({ x, w }) => ({ y: p.gelu(p.add(matmul(x, w), x)) }), ['matmul', 'gelu']],
    [
      'what a reshape stands between',
      ({ x, w }) => ({ y: p.gelu(reshape(matmul(x, w), [6, 8])) }),
      ['matmul', 'reshape', 'gelu'],
    ],
    ['a second sum', ({ x, w }) => ({ y: p.add(p.add(matmul(x, w), x), x) }), ['matmul', 'add']],
    ['one of two matmuls', ({ x, w, u }) => ({ y: p.add(matmul(x, w), matmul(x, u)) }), ['matmul', 'matmul']],
  ])('leaves %s', async (_, build, ops) => {
    expect(opsOf(await expectSame(graphOf(build)))).toEqual(ops);
  });
});

describe('a matmul with an epilogue', () => {
  const withEpilogue = (m: number, n: number, k: number) => ({
    inputs: { a: f32(2, m, k), b: f32(k, n), bias: f32(n), residual: f32(2, m, n) },
    build: ({ a, b, bias, residual }: Readonly<Record<string, Tensor>>) => {
      const plain = matmul(a!, b!, { bias: bias! }).node;
      if (plain.kind !== 'op') throw new Error('not an op');
      const attributes = { ...plain.attributes, activation: 'gelu', hasResidual: true };
      return a!.builder.apply(plain.op, [a!, b!, bias!, residual!], attributes);
    },
  });

  it.each([
    [3, 5, 7],
    [17, 36, 20],
  ])('(%i x %i, %i deep) agrees on every executor and in every variant', async (m, n, k) => {
    await checkKernel(withEpilogue(m, n, k));
    await checkVariants(withEpilogue(m, n, k), 'matmul');
  });

  it('says when the residual does not fit', () => {
    const builder = new GraphBuilder();
    const [a, b, residual] = [
      builder.input('a', [2, 3]),
      builder.input('b', [3, 4]),
      builder.input('r', [4]),
    ];
    const plain = matmul(a, b).node;
    if (plain.kind !== 'op') throw new Error('not an op');
    const attributes = { ...plain.attributes, hasResidual: true };
    expect(() => builder.apply(plain.op, [a, b, residual], attributes)).toThrow(
      /the residual is \(4\); give it the shape \(2, 4\)/,
    );
  });
});
