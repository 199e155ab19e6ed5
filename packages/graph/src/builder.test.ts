import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.js';
import { SnowglobeError } from './errors.js';
import { eliminateDeadCode } from './passes/dead_code.js';
import { printGraph } from './print.js';
import { shareCommonSubexpressions } from './passes/common_subexpressions.js';
import { totalCost } from './cost.js';
import { add, mul, opaque } from './test_ops.js';

describe('GraphBuilder', () => {
  it('names variables by scope and shares equal ones', () => {
    const builder = new GraphBuilder();
    const ask = () => builder.scope('encoder', () => builder.variable('w', [2, 3]));
    expect(ask()).toBe(ask());
    expect([...builder.build().variables.keys()]).toEqual(['encoder/w']);
    expect(() => builder.variable('encoder/w', [3, 2])).toThrow(
      /asked for as f32 \(3, 2\) but it exists as f32 \(2, 3\)/,
    );
  });

  it('refuses what cannot be built, in one sentence', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    expect(() => builder.input('x', [2])).toThrow(SnowglobeError);
    expect(() => builder.input('y', [0])).toThrow(/whole dimensions of at least 1/);
    expect(() => builder.constant(new Float32Array(3), [2])).toThrow(/3 values do not fill shape \(2\)/);
    expect(() => builder.assign(x, x)).toThrow(/not a variable/);
    expect(() => builder.assign(builder.variable('v', [3]), x)).toThrow(/cannot hold f32 \(2\)/);
    expect(() => add.apply(x, new GraphBuilder().input('x', [2]))).toThrow(/belongs to another graph/);
  });

  it('prints one line a node', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2, 3]);
    builder.output(
      'y',
      builder.scope('head', () => add.apply(x, builder.constant(Float32Array.of(1, 2, 3), [3]))),
    );
    expect(printGraph(builder.build())).toBe(
      [
        "%0 f32 (2, 3) = input 'x'",
        '%1 f32 (3) = constant [1, 2, 3]',
        '%2 f32 (2, 3) = add(%0, %1)   # head, 0.00 MFLOP',
        'output y = %2',
      ].join('\n'),
    );
  });

  it('adds up the work of a graph', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [10]);
    builder.output('y', add.apply(x, mul.apply(x, x)));
    expect(totalCost(builder.build())).toEqual({ flops: 20, bytes: 2 * 3 * 10 * 4 });
  });
});

describe('passes', () => {
  it('drops what no result depends on, and keeps the signature', () => {
    const builder = new GraphBuilder();
    const [x, unused] = [builder.input('x', [2]), builder.input('unused', [2])];
    builder.variable('dead', [2]);
    const counter = builder.variable('counter', [2]);
    mul.apply(x, unused);
    builder.assign(counter, add.apply(counter, x));
    const graph = eliminateDeadCode(builder.build());
    expect([...graph.inputs.keys()]).toEqual(['x', 'unused']);
    expect([...graph.variables.keys()]).toEqual(['counter']);
    expect(graph.nodes.filter((node) => node.kind === 'op').map((node) => node.op.name)).toEqual(['add']);
  });

  it('computes equal expressions once, through chains of them', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    const twice = () => add.apply(mul.apply(x, builder.scalar(2)), x);
    builder.output('a', twice());
    builder.output('b', twice());
    builder.output('c', builder.apply(opaque, [x], {})[0]!);
    const graph = eliminateDeadCode(shareCommonSubexpressions(builder.build()));
    expect(graph.outputs.get('a')).toBe(graph.outputs.get('b'));
    expect(graph.nodes.filter((node) => node.kind === 'op')).toHaveLength(3);
    expect(graph.nodes.filter((node) => node.kind === 'constant')).toHaveLength(1);
  });
});
