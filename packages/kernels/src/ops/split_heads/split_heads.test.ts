import { GraphBuilder } from '@snowglobe/graph';
import { checkKernel, checkVariants, f32 } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
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
