import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { checkKernel, evaluate, f32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { AdamwAttributes } from './adamw.js';
import { adamw, adamwSchedule } from './adamw.js';

/** Operands of one step; second moments are squares, as they are in a run. */
function operands(shape: readonly number[], schedule: Float32Array) {
  const second = (randomData(f32(...shape), 9) as Float32Array).map((value) => value * value);
  return {
    parameter: f32(...shape),
    gradient: f32(...shape),
    first: f32(...shape),
    second: { ...f32(...shape), data: second },
    schedule: { ...f32(4), data: schedule },
  };
}

const build =
  (options: Partial<AdamwAttributes> = {}) =>
  ({ parameter, gradient, first, second, schedule }: Readonly<Record<string, Tensor>>): Tensor[] => {
    const next = adamw(
      { parameter: parameter!, first: first!, second: second! },
      gradient!,
      schedule!,
      options,
    );
    return [next.parameter, next.first, next.second];
  };

describe('adamw', () => {
  it.each([[[]], [[1]], [[7]], [[3, 4]], [[5, 67]], [[2, 3, 130]]])(
    'moves parameters of %j',
    async (shape) => {
      const schedule = adamwSchedule(3, 0.01, { gradientScale: 0.25 });
      await checkKernel({ inputs: operands(shape, schedule), build: build() });
      await checkKernel({
        inputs: operands(shape, schedule),
        build: build({ decay: 0, beta1: 0, epsilon: 1e-3 }),
      });
    },
  );

  it('follows numbers worked out by hand', async () => {
    const scalar = (value: number) => ({ ...f32(1), data: Float32Array.of(value) });
    const result = await evaluate({
      inputs: {
        parameter: scalar(2),
        gradient: scalar(0.5),
        first: scalar(0),
        second: scalar(0),
        schedule: { ...f32(4), data: adamwSchedule(1, 0.1) },
      },
      build: build({ decay: 0.5 }),
    });
    // The first step goes a full rate against the gradient, and decay takes 0.1 · 0.5 of the parameter.
    expect(result['0']![0]).toBeCloseTo(2 - 0.1 - 0.1, 6);
    expect(result['1']![0]).toBeCloseTo(0.05, 6);
    expect(result['2']![0]).toBeCloseTo(0.0125, 6);
  });

  it('stays finite where neither gradient nor moments ever were', async () => {
    const zeros = { ...f32(4), data: new Float32Array(4) };
    await checkKernel({
      inputs: {
        ...operands([4], adamwSchedule(1, 0.1)),
        gradient: zeros,
        first: zeros,
        second: zeros,
      },
      build: build(),
    });
  });

  it('finds the minimum of a square', async () => {
    let [parameter, first, second] = [3, 0, 0];
    for (let step = 1; step <= 200; step++) {
      const scalar = (value: number) => ({ ...f32(1), data: Float32Array.of(value) });
      const result = await evaluate({
        inputs: {
          parameter: scalar(parameter),
          gradient: scalar(2 * (parameter - 1)),
          first: scalar(first),
          second: scalar(second),
          schedule: { ...f32(4), data: adamwSchedule(step, 0.1 * (1 - step / 201)) },
        },
        build: build({ decay: 0 }),
      });
      [parameter, first, second] = [result['0']![0]!, result['1']![0]!, result['2']![0]!];
    }
    expect(parameter).toBeCloseTo(1, 2);
  });

  it('refuses moments of another shape, a wrong schedule and impossible constants', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    const schedule = builder.input('schedule', [4]);
    const state = { parameter: x, first: x, second: x };
    expect(() => adamw({ ...state, second: builder.input('m', [3]) }, x, schedule)).toThrow(
      /adamw: the second moment is f32 \(3\) and the parameter \(2\)/,
    );
    expect(() => adamw(state, x, x)).toThrow(
      /the schedule is f32 \(2\); give the f32 \(4\) of adamwSchedule/,
    );
    expect(() => adamw(state, x, schedule, { beta1: 1 })).toThrow(/beta1 1/);
    expect(() => adamwSchedule(0, 0.1)).toThrow(/step 0; count whole steps from 1/);
  });
});
