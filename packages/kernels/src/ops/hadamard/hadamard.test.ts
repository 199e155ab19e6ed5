import { GraphBuilder } from '@snowglobe/graph';
import {
  checkGradient,
  checkKernel,
  checkVariants,
  evaluate,
  expectClose,
  f32,
} from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { hadamard } from './hadamard.js';

const caseOf = (shape: readonly number[], size: number) => ({
  inputs: { x: f32(...shape) },
  build: ({ x }: any) => hadamard(x, size),
});

describe('hadamard', () => {
  it.each([
    [[1, 2], 2],
    [[3, 5, 16], 4],
    [[7, 64], 64],
    [[2, 3, 96], 32],
    [[5, 256], 256],
  ])('agrees on every executor and in every variant: %j in blocks of %i', async (shape, size) => {
    await checkKernel(caseOf(shape, size));
    const ran = await checkVariants(caseOf(shape, size), 'hadamard');
    for (const names of ran.values()) {
      expect([...names].sort()).toEqual(
        size <= 64 ? ['direct', 'registers', 'shared'] : ['direct', 'shared'],
      );
    }
  });

  it('has the derivative of a matmul with its matrix', () => checkGradient(caseOf([3, 24], 8)));

  it('is the matrix of signs by shared bits, and its own inverse', async () => {
    const size = 16;
    const identity = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
    const result = await evaluate({
      inputs: { x: { ...f32(size, size), data: identity }, y: f32(3, 2 * size) },
      build: ({ x, y }) => [hadamard(x!, size), y!, hadamard(hadamard(y!, size), size)],
    });
    const sign = (shared: number): number =>
      shared.toString(2).replaceAll('0', '').length % 2 === 0 ? 1 : -1;
    const expected = identity.map((_, i) => sign(Math.floor(i / size) & (i % size)) / Math.sqrt(size));
    expectClose('matrix', result['0']!, expected);
    expectClose('inverse', result['2']!, result['1']!);
  });

  it('says which blocks do not fit', () => {
    const x = new GraphBuilder().input('x', [2, 24]);
    expect(() => hadamard(x, 16)).toThrow(/blocks of 16 do not divide the last axis of \(2, 24\)/);
    expect(() => hadamard(x, 12)).toThrow(/use a power of two that does/);
    expect(() => hadamard(x, 1)).toThrow(/blocks of 1/);
  });
});
