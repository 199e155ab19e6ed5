import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, checkVariants, evaluate, f32 } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { rotary } from './rotary.js';

describe('rotary', () => {
  it.each<[number[], number]>([
    [[1, 2], 1],
    [[3, 5, 12], 2],
    [[2, 7, 16], 2],
    [[2, 3, 4, 40], 5],
    [[65, 3, 24], 1],
  ])('of %j with %i heads agrees on every executor, with gradients', async (shape, heads) => {
    const table = f32(shape.at(-2)!, shape.at(-1)! / heads / 2);
    const testCase = {
      inputs: { x: f32(...shape), cos: table, sin: table },
      build: ({ x, cos, sin }: any) => rotary(x, cos, sin, heads),
    };
    await checkKernel(testCase);
    await checkVariants(testCase, 'rotary');
    await checkGradient(testCase);
  });

  it('turns pairs of a head by the angle of their position', async () => {
    // Two positions of one head of width 4: no turn, then a quarter turn of the first pair and a half of the second.
    const { '0': y } = await evaluate({
      inputs: {
        x: { ...f32(2, 4), data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
        cos: { ...f32(2, 2), data: Float32Array.of(1, 1, 0, -1) },
        sin: { ...f32(2, 2), data: Float32Array.of(0, 0, 1, 0) },
      },
      build: ({ x, cos, sin }) => rotary(x!, cos!, sin!, 1),
    });
    expect([...y!].map((value) => value + 0)).toEqual([1, 2, 3, 4, -7, -6, 5, -8]);
  });

  it('refuses tables and heads that do not fit', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2, 3, 8]);
    const table = builder.input('table', [3, 2]);
    expect(() => rotary(x, table, builder.input('short', [2, 2]), 2)).toThrow(
      /a table of \(2, 2\) does not fit; give it the shape \(3, 2\)/,
    );
    expect(() => rotary(x, table, table, 3)).toThrow(/8 columns do not make 3 heads of even width/);
    expect(() => rotary(builder.input('row', [8]), table, table, 2)).toThrow(/no axis of positions/);
  });
});
