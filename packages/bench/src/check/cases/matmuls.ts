import type { Tensor } from '@snowglobe/graph';
import type { QuantizedWeights, WeightBits } from '@snowglobe/kernels';
import { conv2d, conv2dQuantized, matmul, matmulQuantized, pointwise } from '@snowglobe/kernels';
import { wordsOf } from '@snowglobe/kernels/internal';
import type { CheckCase, Operands } from './case.js';

/** Sizes that fill no tile: one row, a few, more than a tile; a depth that no vector divides. */
const matmuls: readonly (readonly [m: number, k: number, n: number])[] = [
  [70, 100, 72],
  [1, 96, 66],
  [19, 72, 21],
  [5, 33, 40],
  [130, 257, 65],
];

function floatCases(): readonly CheckCase[] {
  return [
    ...matmuls.map(([m, k, n]): CheckCase => ({
      ops: ['matmul'],
      shape: `${m}x${k}x${n}`,
      build: (x) => matmul(x.f32([m, k]), x.f32([k, n])),
    })),
    {
      ops: ['matmul'],
      shape: '2x35x21 by its own 18 columns, both transposed',
      build: (x) => matmul(x.f32([2, 21, 35]), x.f32([2, 18, 21]), { transposeA: true, transposeB: true }),
    },
    {
      ops: ['matmul'],
      shape: '3x40x64x48 with bias, activation and residual',
      build: (x) =>
        pointwise.add(
          pointwise.gelu(matmul(x.f32([3, 40, 64]), x.f32([64, 48]), { bias: x.f32([48]) })),
          x.f32([3, 40, 48]),
        ),
    },
    {
      ops: ['matmul'],
      shape: '40x64x48, derivatives',
      gradients: true,
      build: (x) => matmul(x.f32([2, 20, 64]), x.f32([64, 48])),
    },
  ];
}

interface Format {
  readonly bits: WeightBits;
  readonly group: number;
  readonly zeroPoints?: true;
  readonly codebook?: readonly number[];
  readonly activationBits?: 8;
}

const formats: readonly Format[] = [
  { bits: 4, group: 32 },
  { bits: 8, group: 64, zeroPoints: true },
  { bits: 4, group: 32, activationBits: 8 },
  { bits: 8, group: 32, zeroPoints: true, activationBits: 8 },
  { bits: 2, group: 16, zeroPoints: true },
  { bits: 4, group: 16, codebook: Array.from({ length: 16 }, (_, i) => Math.sin(i + 1)) },
];

const nameOf = ({ bits, group, zeroPoints, codebook, activationBits }: Format): string =>
  `w${bits}a${activationBits ?? 16} in groups of ${group}${zeroPoints ? ', zero points' : ''}${codebook ? ', codebook' : ''}`;

function weightsOf(
  x: Operands,
  n: number,
  k: number,
  { bits, group, zeroPoints, codebook }: Format,
): QuantizedWeights {
  const groups = Math.ceil(k / group);
  return {
    packed: x.u32([n, wordsOf(groups * group, bits)]),
    scales: x.f32([n, groups]),
    ...{ bits, group },
    ...(zeroPoints && { zeroPoints: x.u32([n, wordsOf(groups, bits)]) }),
    ...(codebook && { codebook }),
  };
}

function quantizedCases(): readonly CheckCase[] {
  const sizes = [
    [19, 128, 40],
    [1, 96, 66],
    [70, 200, 33],
    [5, 50, 9],
  ] as const;
  return sizes.flatMap(([m, k, n]) =>
    formats.map((format): CheckCase => {
      const { activationBits } = format;
      return {
        ops: ['matmulQuantized'],
        shape: `${m}x${k}x${n}, ${nameOf(format)}`,
        ...(activationBits && { roundsToBytes: true }),
        build: (x) =>
          matmulQuantized(x.f32([m, k]), weightsOf(x, n, k, format), {
            bias: x.f32([n]),
            activationBits: activationBits ?? 32,
          }),
      };
    }),
  );
}

interface Filter {
  readonly picture: readonly [batch: number, height: number, width: number, channels: number];
  readonly size: number;
  readonly outputs: number;
}

const filters: readonly Filter[] = [
  { picture: [2, 9, 17, 12], size: 3, outputs: 20 },
  { picture: [1, 8, 8, 16], size: 3, outputs: 32 },
  { picture: [2, 5, 7, 3], size: 3, outputs: 5 },
  { picture: [1, 6, 9, 8], size: 5, outputs: 4 },
  { picture: [2, 4, 6, 6], size: 1, outputs: 3 },
];

function convolutionCases(): readonly CheckCase[] {
  return filters.flatMap(({ picture, size, outputs }): readonly CheckCase[] => {
    const shape = `${picture.join('x')}, ${size}x${size}, ${outputs} outputs`;
    const channels = picture[3];
    const build = (x: Operands): Tensor =>
      conv2d(x.f32(picture), x.f32([size, size, channels, outputs]), { bias: x.f32([outputs]) });
    return [
      { ops: ['conv2d'], shape, build },
      { ops: ['conv2dFilterGradient', 'conv2d'], shape: `${shape}, derivatives`, gradients: true, build },
      ...formats
        .filter(({ activationBits }) => !activationBits)
        .slice(0, 3)
        .map((format): CheckCase => ({
          ops: ['conv2dQuantized'],
          shape: `${shape}, ${nameOf(format)}`,
          build: (x) =>
            conv2dQuantized(x.f32(picture), weightsOf(x, outputs, size * size * channels, format), size, {
              bias: x.f32([outputs]),
            }),
        })),
    ];
  });
}

export const matmulCases = (): readonly CheckCase[] => [
  ...floatCases(),
  ...quantizedCases(),
  ...convolutionCases(),
];
