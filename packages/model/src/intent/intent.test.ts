import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { checkGradient, f32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { motionWidth } from '../motion/motion.js';
import {
  certainWish,
  chooseAction,
  codePrior,
  directionOfShift,
  directions,
  lastDirection,
} from './intent.js';

const range = { y: 3, x: 2 };
const actions = 5;
const executors = [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })];
afterAll(() => Promise.all(executors.map((executor) => executor.close())));

const oneHotRow = (count: number, at: number): number[] =>
  Array.from({ length: count }, (_, i) => (i === at ? 1 : 0));

describe('the direction of the last motion', () => {
  it('is that of its shift, and standing where nothing is known', async () => {
    const [rows, columns] = [2 * range.y + 1, 2 * range.x + 1];
    const shifts = rows * columns;
    const builder = new GraphBuilder();
    const last = builder.input('last', [shifts + 1, motionWidth({ range })]);
    builder.output('direction', lastDirection(last, { range }));
    const known = Array.from({ length: shifts }, (_, shift) => [
      ...oneHotRow(rows, Math.floor(shift / columns)),
      ...oneHotRow(columns, shift % columns),
      1,
    ]);
    const unknown = new Array<number>(motionWidth({ range })).fill(0);
    for (const executor of executors) {
      const program = await executor.compile(builder.build());
      const { direction } = await program.run({ last: Float32Array.from([...known, unknown].flat()) });
      for (let shift = 0; shift <= shifts; shift++) {
        const row = [...(direction as Float32Array).subarray(shift * directions, (shift + 1) * directions)];
        expect(row).toEqual(oneHotRow(directions, shift < shifts ? directionOfShift(shift, range) : 4));
      }
    }
    expect(directionOfShift(0, range)).toBe(0);
    expect(directionOfShift(Math.floor(shifts / 2), range)).toBe(4);
    expect(directionOfShift(shifts - 1, range)).toBe(8);
  });
});

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

  const choose = async (wish: Float32Array, direction: number, prior: readonly number[]) => {
    const results = [];
    for (const executor of executors) {
      const program = await executor.compile(graph);
      const { action, plain } = await program.run({
        wish,
        direction: Float32Array.from(oneHotRow(directions, direction)),
        prior: Float32Array.from(prior),
      });
      results.push({ action: [...action!].indexOf(1), plain: [...plain!].indexOf(1) });
      await program.close();
    }
    expect(results[1]).toEqual(results[0]);
    return results[0]!;
  };

  it('is the one that is wished for certain, whatever the state', async () => {
    const logit = fc.float({ min: -40, max: 40, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(actions - 1),
        fc.nat(directions - 1),
        fc.array(logit, { minLength: actions, maxLength: actions }),
        async (wanted, direction, prior) => {
          const chosen = await choose(certainWish(wanted, actions), direction, prior);
          expect(chosen).toEqual({ action: wanted, plain: wanted });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('goes best with the keys in the direction at hand, among those that can happen', async () => {
    const wish = new Float32Array(directions * actions).fill(-5);
    wish[4 * actions + 1] = -0.1;
    wish[4 * actions + 2] = -0.5;
    wish[7 * actions + 3] = -0.1;
    const possible = [0, 0, 0, 0, 0];
    expect(await choose(wish, 4, possible)).toEqual({ action: 1, plain: 1 });
    expect(await choose(wish, 7, possible)).toEqual({ action: 3, plain: 3 });
    // No run starts in front of a wall.
    expect(await choose(wish, 4, [0, -9, 0, 0, 0])).toEqual({ action: 2, plain: 1 });
  });
});

it('how likely codes are depends on picture and motion, with gradients', async () => {
  const config = { range, width: 6, actions };
  await checkGradient({
    inputs: { frames: f32(2, 16, 16, 3), last: f32(2, motionWidth(config)) },
    build: ({ frames, last }) => codePrior(frames!, last!, config),
  });
});
