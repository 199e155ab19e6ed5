import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { directionOfShift, directions, lastDirection } from './direction.js';
import { motionWidth } from './motion.js';

const range = { y: 3, x: 2 };
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
