import { GraphBuilder } from '@snowglobe/graph';
import { pointwise } from '@snowglobe/kernels';
import { describe, expect, it } from 'vitest';
import { eliminateDeadCode } from './dead_code.js';
import { simplify } from './simplify.js';

describe('simplify', () => {
  it('drops what no result depends on, and keeps the signature', () => {
    const builder = new GraphBuilder();
    const [x, unused] = [builder.input('x', [2]), builder.input('unused', [2])];
    builder.variable('dead', [2]);
    const counter = builder.variable('counter', [2]);
    pointwise.mul(x, unused);
    builder.assign(counter, pointwise.add(counter, x));
    const graph = eliminateDeadCode(builder.build());
    expect([...graph.inputs.keys()]).toEqual(['x', 'unused']);
    expect([...graph.variables.keys()]).toEqual(['counter']);
    expect(graph.nodes.filter((node) => node.kind === 'op').map((node) => node.op.name)).toEqual(['add']);
  });

  it('computes equal expressions once, through chains of them', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    const twice = () => pointwise.add(pointwise.mul(x, 2), x);
    builder.output('a', twice());
    builder.output('b', twice());
    builder.output('c', pointwise.exp(x));
    const graph = simplify(builder.build());
    expect(graph.outputs.get('a')).toBe(graph.outputs.get('b'));
    expect(graph.nodes.filter((node) => node.kind === 'op')).toHaveLength(3);
    expect(graph.nodes.filter((node) => node.kind === 'constant')).toHaveLength(1);
  });
});
