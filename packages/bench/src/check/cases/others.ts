import type { Shape, Tensor } from '@snowglobe/graph';
import type { Pointwise } from '@snowglobe/kernels';
import {
  adamw,
  adamwSchedule,
  argmax,
  broadcastTo,
  concat,
  crossEntropy,
  fakeQuantize,
  gatherRows,
  hadamard,
  logSoftmax,
  maxOver,
  pad,
  pointwise,
  rmsNorm,
  sampleTokens,
  scatterAddRows,
  scatterRows,
  shiftErrors,
  slice,
  softmax,
  sum,
  transpose,
  unmaskMostConfident,
} from '@snowglobe/kernels';
import type { CheckCase, Operands } from './case.js';

const nameOf = (shape: Shape): string => shape.join('x');

/** Indices below `below`, with repeats and gaps. */
const indices = (count: number, below: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * i * 7 + 3 * i) % below);

/** Rows of one number, of a few, of more than a workgroup has threads. */
const rows: readonly Shape[] = [
  [65, 12],
  [2, 2, 261],
  [4, 512],
  [130, 3],
];

function rowCases(): readonly CheckCase[] {
  return rows.flatMap((shape): readonly CheckCase[] => {
    const columns = shape.at(-1)!;
    const outer = shape.slice(0, -1);
    const count = outer.reduce((product, size) => product * size, 1);
    const both = (
      [op, ops]: readonly [string, readonly string[]],
      build: CheckCase['build'],
    ): readonly CheckCase[] => [
      { ops: [op], shape: nameOf(shape), build },
      { ops, shape: `${nameOf(shape)}, derivatives`, gradients: true, build },
    ];
    return [
      ...both(['rmsNorm', ['rmsNormGradient', 'rmsNormGainGradient']], (x) =>
        rmsNorm(x.f32(shape), x.f32([columns])),
      ),
      ...both(['softmax', ['softmaxGradient']], (x) => softmax(x.f32(shape))),
      ...both(['logSoftmax', ['logSoftmaxGradient']], (x) => logSoftmax(x.f32(shape))),
      ...both(['crossEntropy', ['crossEntropyGradient']], (x) =>
        crossEntropy(x.f32(shape), x.i32(outer, indices(count, columns))),
      ),
      {
        ops: ['sum', 'maxReduce'],
        shape: nameOf(shape),
        build: (x) => {
          const tensor = x.f32(shape);
          return [sum(tensor, -1), sum(tensor, 0), maxOver(tensor, -1), maxOver(tensor, 0)];
        },
      },
      { ops: ['argmax'], shape: nameOf(shape), build: (x) => argmax(x.f32(shape)) },
    ];
  });
}

function copyCases(): readonly CheckCase[] {
  const shape = [5, 3, 18] as const;
  const one = (op: string, detail: string, build: (x: Tensor) => Tensor): CheckCase => ({
    ops: [op],
    shape: `${nameOf(shape)} ${detail}`,
    build: (x) => build(x.f32(shape)),
  });
  return [
    one('slice', 'along the last axis', (x) => slice(x, 2, 3, 14)),
    one('pad', 'along the last axis', (x) => pad(x, 2, 1, 3)),
    one('pad', 'along the first axis', (x) => pad(x, 0, 2, 1)),
    one('transpose', '2, 0, 1', (x) => transpose(x, [2, 0, 1])),
    one('broadcastTo', 'to 7x5x3x18', (x) => broadcastTo(x, [7, ...shape])),
    one('concat', 'of 3 along the last axis', (x) => concat([x, slice(x, 2, 0, 2), x], 2)),
    one('concat', 'of 14 along the first axis', (x) => concat(new Array<Tensor>(14).fill(x), 0)),
    {
      ops: ['gatherRows'],
      shape: '70 of 33x260',
      build: (x) => gatherRows(x.f32([33, 260]), x.i32([70], indices(70, 33))),
    },
    {
      ops: ['gatherRows', 'scatterRows'],
      shape: '2 of 5x6 words',
      build: (x) => {
        const [table, values, places] = [x.u32([5, 6]), x.u32([2, 6]), x.i32([2], [4, 1])];
        return [scatterRows(table, values, places), gatherRows(table, places)];
      },
    },
    {
      ops: ['scatterAddRows'],
      shape: '70x12 into 9',
      build: (x) => scatterAddRows(x.f32([70, 12]), x.i32([70], indices(70, 9)), 9),
    },
  ];
}

const unary = [
  'neg',
  'abs',
  'sign',
  'round',
  'roundStraightThrough',
  'floor',
  'exp',
  'square',
  'tanh',
  'sigmoid',
  'silu',
  'gelu',
] as const satisfies readonly (keyof Pointwise)[];
const ofPositive = ['log', 'sqrt', 'rsqrt'] as const satisfies readonly (keyof Pointwise)[];
const binary = [
  'add',
  'sub',
  'mul',
  'max',
  'min',
  'less',
  'greater',
  'equal',
] as const satisfies readonly (keyof Pointwise)[];

function pointwiseCases(): readonly CheckCase[] {
  const shape = [3, 5, 67] as const;
  const one = (op: string, detail: string, build: (x: Operands) => Tensor): CheckCase => ({
    ops: [op],
    shape: `${nameOf(shape)}${detail}`,
    build,
  });
  /** Numbers from 1 to 3: away from where a function or its slope is beyond all bounds. */
  const positive = (x: Operands, of: Shape): Tensor =>
    x.f32(
      of,
      Array.from({ length: of.reduce((product, size) => product * size, 1) }, (_, i) => 2 + Math.sin(i)),
    );
  return [
    ...unary.map((op) => one(op, '', (x) => pointwise[op](x.f32(shape)))),
    ...ofPositive.map((op) => one(op, '', (x) => pointwise[op](positive(x, shape)))),
    ...binary.map((op) => one(op, ' and 67', (x) => pointwise[op](x.f32(shape), x.f32([67])))),
    one('div', ' by 67', (x) => pointwise.div(x.f32(shape), positive(x, [67]))),
    one('select', '', (x) =>
      pointwise.select(x.f32(shape, indices(3 * 5 * 67, 2)), x.f32(shape), x.f32([67])),
    ),
    one('toI32', '', (x) =>
      pointwise.toI32(
        x.f32(
          [67],
          indices(67, 1000).map((value) => value - 500.5),
        ),
      ),
    ),
    one('toF32', '', (x) => pointwise.toF32(x.i32([67], indices(67, 1000)))),
    one('fusedPointwise', ', a chain of six', (x) => {
      const [a, b] = [x.f32(shape), x.f32([67])];
      return pointwise.tanh(
        pointwise.add(pointwise.mul(pointwise.silu(a), b), pointwise.exp(pointwise.neg(b))),
      );
    }),
  ];
}

function modelCases(): readonly CheckCase[] {
  const sampled = [64, 129] as const;
  const positions = [3, 70] as const;
  return [
    {
      ops: ['hadamard'],
      shape: '7x64 in blocks of 64',
      build: (x) => hadamard(x.f32([7, 64]), 64),
    },
    { ops: ['hadamard'], shape: '2x3x96 in blocks of 32', build: (x) => hadamard(x.f32([2, 3, 96]), 32) },
    { ops: ['hadamard'], shape: '5x256 in blocks of 256', build: (x) => hadamard(x.f32([5, 256]), 256) },
    {
      ops: ['sampleTokens'],
      shape: '64 of 129 tokens, likeliest',
      build: (x) => {
        const { tokens, confidence } = sampleTokens(
          x.f32(sampled),
          x.f32([64], new Array(64).fill(0.5)),
          x.f32([1], [0]),
        );
        return [tokens, confidence];
      },
    },
    {
      ops: ['sampleTokens'],
      shape: '64 of 8 equally likely tokens, sampled',
      build: (x) => {
        // In the middle of a token's share, so that no rounding moves a sample.
        const uniforms = Array.from({ length: 64 }, (_, i) => ((i % 8) + 0.5) / 8);
        const logits = x.f32([64, 8], new Array(512).fill(1));
        const { tokens, confidence } = sampleTokens(logits, x.f32([64], uniforms), x.f32([1], [1]));
        return [tokens, confidence];
      },
    },
    {
      ops: ['unmaskMostConfident'],
      shape: '3x70, 20 at once',
      build: (x) => {
        const count = positions[0] * positions[1];
        const { tokens, mask } = unmaskMostConfident(
          x.i32(positions, indices(count, 50)),
          x.i32(positions, indices(count, 90)),
          x.f32(
            positions,
            Array.from({ length: count }, (_, i) => ((i * 37) % 211) / 211),
          ),
          x.f32(
            positions,
            Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 0 : 1)),
          ),
          x.i32([1], [20]),
          x.f32(positions, new Array(count).fill(0)),
        );
        return [tokens, mask];
      },
    },
    ...[
      [5, 67],
      [2, 3, 130],
    ].map((shape): CheckCase => ({
      ops: ['adamw'],
      shape: nameOf(shape),
      build: (x) => {
        const count = shape.reduce((product, size) => product * size, 1);
        const squares = Array.from({ length: count }, (_, i) => Math.sin(i) ** 2);
        const state = { parameter: x.f32(shape), first: x.f32(shape), second: x.f32(shape, squares) };
        const { parameter, first, second } = adamw(
          state,
          x.f32(shape),
          x.f32([4], adamwSchedule(3, 0.01, { gradientScale: 0.25 })),
        );
        return [parameter, first, second];
      },
    })),
    {
      ops: ['fakeQuantize'],
      shape: '40x21 in 4 bits, groups of 32',
      roundsToBytes: true,
      build: (x) => fakeQuantize(x.f32([40, 21]), { bits: 4, group: 32, zeroPoints: false }),
    },
    {
      ops: ['fakeQuantize'],
      shape: '3x3x7x9 in 8 bits, groups of 64, zero points',
      roundsToBytes: true,
      build: (x) => fakeQuantize(x.f32([3, 3, 7, 9]), { bits: 8, group: 64, zeroPoints: true }),
    },
    {
      ops: ['shiftErrors'],
      shape: '3x11x8',
      build: (x) =>
        shiftErrors(x.f32([3, 11, 8]), x.f32([3, 11, 8]), { range: { y: 2, x: 1 }, border: { y: 3, x: 2 } }),
    },
  ];
}

export const otherCases = (): readonly CheckCase[] => [
  ...rowCases(),
  ...modelCases(),
  ...copyCases(),
  ...pointwiseCases(),
];
