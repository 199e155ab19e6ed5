import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.js';
import { totalCost } from './cost.js';
import { SnowglobeError } from './errors.js';
import { add, mul } from './test_ops.js';

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

  it('a node carries the scopes it was built in', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    const y = builder.scope('head', () => builder.scope('norm', () => add.apply(x, x)));
    expect([x, y].map(({ node }) => node.scope)).toEqual(['', 'head/norm']);
  });

  it('adds up the work of a graph', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [10]);
    builder.output('y', add.apply(x, mul.apply(x, x)));
    expect(totalCost(builder.build())).toEqual({ flops: 20, bytes: 2 * 3 * 10 * 4 });
  });
});
