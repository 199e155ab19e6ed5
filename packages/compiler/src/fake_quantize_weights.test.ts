import { GraphBuilder } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import { matmul, pointwise } from '@snowglobe/kernels';
import { describe, expect, it } from 'vitest';
import { fakeQuantizeWeights } from './fake_quantize_weights.js';

describe('fakeQuantizeWeights', () => {
  const format: WeightFormat = { bits: 4, group: 32, zeroPoints: false };
  function graph() {
    const builder = new GraphBuilder();
    const w = builder.variable('w', [32, 3]);
    const x = builder.input('x', [4, 32]);
    builder.output('y', matmul(x, w));
    builder.output('z', matmul(x, builder.variable('other', [32, 2])));
    builder.assign(w, pointwise.mul(w, 2));
    return builder.build();
  }

  it('rounds once what is read, and leaves the variable itself a float', () => {
    const rewritten = fakeQuantizeWeights(graph(), new Map([['w', format]]));
    const nodes = rewritten.nodes.flatMap((node) => (node.kind === 'op' ? [node.op.name] : []));
    expect(nodes.filter((name) => name === 'fakeQuantize')).toHaveLength(1);
    expect(rewritten.variables.get('w')!.dtype).toBe('f32');
  });

  it('refuses what training cannot imitate, by name', () => {
    const codebook = { ...format, codebook: Array.from({ length: 16 }, (_, i) => i) };
    expect(() => fakeQuantizeWeights(graph(), new Map([['w', codebook]]))).toThrow("'w' has a codebook");
  });
});
