import { expect, test } from 'vitest';
import { GraphBuilder } from '@snowglobe/graph';
import { parameter } from '@snowglobe/model';
import { parametersOf } from '@snowglobe/model/internal';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { initialValue, initializeVariables } from './initialize.js';

const normal = { kind: 'normal', standardDeviation: 0.5 } as const;

test('normal weights have the mean and deviation of their rule', () => {
  const data = initialValue('w', 40_001, normal, 1);
  const mean = data.reduce((a, b) => a + b) / data.length;
  const variance = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length;
  const fourth = data.reduce((a, b) => a + (b - mean) ** 4, 0) / data.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.sqrt(variance)).toBeCloseTo(0.5, 2);
  expect(fourth / variance ** 2).toBeCloseTo(3, 0);
});

test('values depend on seed and name, and on nothing else', () => {
  const value = initialValue('a/weight', 64, normal, 1);
  expect(initialValue('a/weight', 64, normal, 1)).toEqual(value);
  expect(initialValue('a/weight', 64, normal, 2)).not.toEqual(value);
  expect(initialValue('b/weight', 64, normal, 1)).not.toEqual(value);
});

test('every parameter is filled by its rule', async () => {
  const builder = new GraphBuilder();
  parameter(builder, 'gain', [3], { kind: 'ones' });
  parameter(builder, 'bias', [3], { kind: 'zeros' });
  parameter(builder, 'weight', [4, 3], normal);
  const store = createReferenceExecutor().createStore();
  initializeVariables(builder.build().variables, parametersOf(builder), store, 3);
  expect(await store.read('gain')).toEqual(Float32Array.of(1, 1, 1));
  expect(await store.read('bias')).toEqual(Float32Array.of(0, 0, 0));
  expect(await store.read('weight')).toEqual(initialValue('weight', 12, normal, 3));
});

test('a rule without a variable is refused', () => {
  const store = createReferenceExecutor().createStore();
  expect(() => initializeVariables(new Map(), new Map([['lost', normal]]), store, 1)).toThrow(/'lost'/);
});
