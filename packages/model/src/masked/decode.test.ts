import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { gatherEachRow } from '../layers/gather_each.js';
import { sampleMasked } from './decode.js';

const [batch, positions, values] = [2, 9, 5];
const fixedCounts = [4, 3, 2];

/** Samples codes whose logits depend on what is known so far. */
async function sample(openAlone: boolean): Promise<{ codes: number[]; known: number[]; asked: unknown[] }> {
  const builder = new GraphBuilder();
  const input = (name: string, shape: readonly number[]): Tensor => builder.input(name, shape);
  const table = input('table', [values + 1, positions * values]);
  const asked: unknown[] = [];
  const logitsOf = (codes: Tensor, known: Tensor, open: Tensor | undefined): Tensor => {
    asked.push(open?.shape);
    const given = p.select(p.toI32(known), p.add(codes, 1), 0);
    const all = reshape(sum(gatherRows(table, given), 1), [batch, positions, values]);
    return open ? gatherEachRow(all, open) : all;
  };
  const steps = fixedCounts.length;
  const { codes_BM, known_BN } = sampleMasked(
    logitsOf,
    {
      temperature: input('temperature', [1]),
      confidenceThreshold: input('confidenceThreshold', [1]),
      codeUniforms: input('codeUniforms', [steps, batch * positions]),
      rankNoise: input('rankNoise', [steps, batch * positions]),
    },
    { batch, positions, books: 1 },
    { fixedCounts, openAlone },
  );
  builder.output('codes', codes_BM);
  builder.output('known', known_BN);
  const program = await createReferenceExecutor().compile(builder.build());
  const random = (length: number, seed: number): Float32Array =>
    randomData({ shape: [length], dtype: 'f32' }, seed) as Float32Array;
  const { codes, known } = await program.run({
    table: random((values + 1) * positions * values, 1),
    temperature: Float32Array.of(1),
    confidenceThreshold: Float32Array.of(0.4),
    codeUniforms: random(steps * batch * positions, 2).map((x) => Math.abs(x) % 1),
    rankNoise: random(steps * batch * positions, 3),
  });
  return { codes: [...codes!], known: [...known!], asked };
}

it('codes are the same whether later steps are asked for all of them or for the open ones alone', async () => {
  const [all, open] = [await sample(false), await sample(true)];
  expect(open.codes).toEqual(all.codes);
  expect(open.known).toEqual(all.known);
  expect(new Set(open.known)).toEqual(new Set([0, 1]));
  expect(new Set(open.codes).size).toBeGreaterThan(2);
  expect(all.asked).toEqual([undefined, undefined, undefined]);
  expect(open.asked).toEqual([undefined, [batch, 5], [batch, 2]]);
});
