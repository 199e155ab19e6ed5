import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { checkGradient, f32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { oneActionLogits, chooseAction, sampleAction } from './choose_action.js';
import { codePrior } from './prior.js';

const actions = 5;
const directions = 9;
const executors = [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })];
afterAll(() => Promise.all(executors.map((executor) => executor.close())));

const oneHotRow = (count: number, at: number): number[] =>
  Array.from({ length: count }, (_, i) => (i === at ? 1 : 0));

describe('the action of a frame', () => {
  const builder = new GraphBuilder();
  const inputs = [
    builder.input('wish', [1, directions, actions]),
    builder.input('direction', [1, directions]),
    builder.input('prior', [1, actions]),
  ] as const;
  builder.output('action', chooseAction(...inputs));
  builder.output('plain', chooseAction(inputs[0], inputs[1], undefined));
  const graph = builder.build();

  const choose = async (actionLogits: Float32Array, direction: number, prior: readonly number[]) => {
    const results = [];
    for (const executor of executors) {
      const program = await executor.compile(graph);
      const { action, plain } = await program.run({
        wish: actionLogits,
        direction: Float32Array.from(oneHotRow(directions, direction)),
        prior: Float32Array.from(prior),
      });
      results.push({ action: [...action!].indexOf(1), plain: [...plain!].indexOf(1) });
      await program.close();
    }
    expect(results[1]).toEqual(results[0]);
    return results[0]!;
  };

  it('is the one that is asked for alone, whatever the state', async () => {
    const logit = fc.float({ min: -40, max: 40, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(actions - 1),
        fc.nat(directions - 1),
        fc.array(logit, { minLength: actions, maxLength: actions }),
        async (wanted, direction, prior) => {
          const chosen = await choose(
            oneActionLogits(wanted, { count: actions, states: directions }),
            direction,
            prior,
          );
          expect(chosen).toEqual({ action: wanted, plain: wanted });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('goes best with the keys in the direction at hand, among those that can happen', async () => {
    const actionLogits = new Float32Array(directions * actions).fill(-5);
    actionLogits[4 * actions + 1] = -0.1;
    actionLogits[4 * actions + 2] = -0.5;
    actionLogits[7 * actions + 3] = -0.1;
    const possible = [0, 0, 0, 0, 0];
    expect(await choose(actionLogits, 4, possible)).toEqual({ action: 1, plain: 1 });
    expect(await choose(actionLogits, 7, possible)).toEqual({ action: 3, plain: 3 });
    // No run starts in front of a wall.
    expect(await choose(actionLogits, 4, [0, -9, 0, 0, 0])).toEqual({ action: 2, plain: 1 });
  });
});

describe('an action that chance has a say in', () => {
  const draws = 400;
  const builder = new GraphBuilder();
  const [wanted, prior] = ['wanted', 'prior'].map((name) => builder.input(name, [draws, actions]));
  const chance = {
    uniforms_B: builder.input('uniforms', [draws]),
    temperature: builder.input('temperature', [1]),
  };
  builder.output('action', sampleAction(wanted!, prior!, chance));
  const graph = builder.build();

  /** Of what never happens: what `oneActionLogits` says. */
  const logOf = (chance: number): number => (chance === 0 ? -1e6 : Math.log(chance));

  /** How often each action is done. */
  const shares = async (keys: readonly number[], likely: readonly number[], temperature = 1) => {
    const rows = (row: readonly number[]): Float32Array =>
      Float32Array.from({ length: draws * actions }, (_, i) => row[i % actions]!);
    const counts = [];
    for (const executor of executors) {
      const program = await executor.compile(graph);
      const { action } = await program.run({
        wanted: rows(keys.map(logOf)),
        prior: rows(likely.map(logOf)),
        uniforms: Float32Array.from({ length: draws }, (_, i) => (i + 0.5) / draws),
        temperature: Float32Array.of(temperature),
      });
      counts.push(keys.map((_, a) => [...action!].filter((x, i) => i % actions === a && x === 1).length));
      await program.close();
    }
    expect(counts[1]).toEqual(counts[0]);
    return counts[0]!.map((count) => count / draws);
  };

  it('is as likely as what is found is, among those that go with the keys', async () => {
    const found = await shares([1, 1, 0.001, 0.001, 0.001], [0.18, 0.02, 0.4, 0.3, 0.1]);
    expect(found[0]).toBeCloseTo(0.9, 1);
    expect(found[1]).toBeCloseTo(0.1, 1);
    const surely = await shares([1, 1, 0.001, 0.001, 0.001], [0.18, 0.02, 0.4, 0.3, 0.1], 0);
    expect(surely).toEqual([1, 0, 0, 0, 0]);
  });

  it('is none that does not happen here, unless it is asked for alone', async () => {
    expect(await shares([1, 0.01, 0, 0, 0], [0.001, 0.999, 0, 0, 0])).toEqual([0, 1, 0, 0, 0]);
    expect(await shares([1, 0, 0, 0, 0], [0.001, 0.9, 0.1, 0.1, 0.1])).toEqual([1, 0, 0, 0, 0]);
  });
});

it('how likely codes are depends on picture and motion, with gradients', async () => {
  const config = { width: 6, actions };
  await checkGradient({
    inputs: { frames: f32(2, 16, 16, 3), last: f32(2, 13) },
    build: ({ frames, last }) => codePrior(frames!, last!, config),
  });
});
