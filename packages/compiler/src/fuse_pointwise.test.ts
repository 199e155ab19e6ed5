import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { evaluate, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fusePointwise } from './fuse_pointwise.js';

describe('fusion of pointwise chains', () => {
  const chain = (builder: GraphBuilder): GraphBuilder => {
    const x = builder.input('x', [4, 8]);
    const b = builder.input('b', [8]);
    const h = p.silu(p.add(p.mul(x, 2), b));
    builder.output('y', p.add(p.select(p.greater(h, 0), h, p.neg(h)), x));
    return builder;
  };

  it('computes the same with fewer nodes', async () => {
    const graph = chain(new GraphBuilder()).build();
    const fused = fusePointwise(graph);
    const ops = (g: typeof graph): number => g.nodes.filter((node) => node.kind === 'op').length;
    expect(ops(fused)).toBeLessThan(ops(graph));
    expect([...fused.outputs.keys()]).toEqual(['y']);
  });

  it('any chain gives the same numbers fused and unfused, on every executor', async () => {
    const step = fc.record({
      fn: fc.constantFrom('add', 'mul', 'silu', 'tanh', 'max', 'square') as fc.Arbitrary<string>,
      left: fc.nat(9),
      right: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const build = ({ a, b }: Record<string, any>): any => {
          const values = [a, b];
          for (const { fn, left, right } of steps) {
            const x = values[left % values.length];
            const y = values[right % values.length];
            values.push(fn in { add: 1, mul: 1, max: 1 } ? (p as any)[fn](x, y) : (p as any)[fn](x));
          }
          return values.at(-1);
        };
        const inputs = { a: f32(3, 4), b: f32(4) };
        const builder = new GraphBuilder();
        const output = build({ a: builder.input('a', [3, 4]), b: builder.input('b', [4]) });
        if (output.node.kind !== 'op') return;
        builder.output('0', output);
        const fused = fusePointwise(builder.build());
        const plain = await evaluate({ inputs, build });
        const program = await createReferenceExecutor().compile(fused);
        const result = await program.run({ a: randomData(f32(3, 4), 1), b: randomData(f32(4), 2) });
        expect(result['0']).toHaveLength(sizeOf(output.shape));
        // Unfused values are rounded to f32 between steps, fused ones only at the end.
        for (let i = 0; i < result['0']!.length; i++) {
          const [x, y] = [result['0']![i]!, plain['0']![i]!];
          expect(Math.abs(x - y)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(y)));
        }
      }),
      { numRuns: 40 },
    );
  });
});
