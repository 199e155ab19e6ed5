import { setImmediate as nextTurn } from 'node:timers/promises';
import { pixelsOf } from '@snowglobe/model/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { readWorldFile } from '../node/world_files.js';
import { collectGarbage } from '../testing/garbage.js';
import { KeptState } from './kept_state.js';
import { findWorld } from './node/open_world.js';
import type { Session } from './session.js';
import type { StateValues } from './state.js';
import { World } from './world.js';

const bits = (values: StateValues): readonly number[] => [...new Uint32Array(values.slice().buffer)];

const codes = (most: number) => fc.array(fc.nat(most), { maxLength: 40 }).map((all) => Int32Array.from(all));
const valuesOfAnyKind: fc.Arbitrary<StateValues> = fc.oneof(
  codes(0xff),
  codes(0xffff),
  fc.int32Array({ maxLength: 40 }),
  fc.float32Array({ maxLength: 40 }),
  fc.uint32Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => pixelsOf(bytes)),
);

test('a state comes back bit for bit and kind for kind, whatever it consists of', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), valuesOfAnyKind), valuesOfAnyKind, (parts, newer) => {
      const given = new Map(Object.entries(parts));
      const kept = KeptState.of(3, given);
      expect([...kept.state().keys()]).toEqual([...given.keys()]);
      for (const [name, values] of given) {
        expect(kept.value(name).constructor).toBe(values.constructor);
        expect(bits(kept.value(name))).toEqual(bits(values));
      }
      const later = kept.at(5, new Map([['newer', newer]]));
      expect([kept.index, later.index]).toEqual([3, 5]);
      expect(bits(later.value('newer'))).toEqual(bits(newer));
      for (const [name, values] of given)
        if (name !== 'newer') expect(bits(later.value(name))).toEqual(bits(values));
    }),
  );
});

test('codes take a byte or two each, colours of bytes a byte, all else four', () => {
  const kept = KeptState.of(
    0,
    new Map<string, StateValues>([
      ['few', Int32Array.of(0, 255)],
      ['many', Int32Array.of(0, 256)],
      ['negative', Int32Array.of(0, -1)],
      ['colours', pixelsOf([0, 127, 255])],
      ['numbers', Float32Array.of(0, 0.5, 1)],
      ['words', Uint32Array.of(1, 2)],
    ]),
  );
  expect(kept.bytes).toBe(2 + 4 + 8 + 3 + 12 + 8);
});

test('a session takes little memory beside its state in the executor', async () => {
  const open = async () => createNodeOnnxExecutor({ threads: 1 });
  const world = await World.create(await readWorldFile(await findWorld('runner')), 'runner', open);
  const plays: Session[] = [];
  const held: number[] = [];
  for (const count of [16, 48]) {
    while (plays.length < count) {
      const prompt = { width: 4, height: 4, data: new Uint8Array(48).fill(9) };
      plays.push(await world.start({ prompt, seed: plays.length }));
    }
    for (let i = 0; i < 3; i++) await Promise.all(plays.map((play) => play.step(0)));
    // The state of each is kept.
    for (const play of plays) await play.snapshot();
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      await nextTurn();
    }
    // There is room for the states of 64 in the executor from the ninth session on.
    held.push(process.memoryUsage().arrayBuffers);
  }
  const { stateBytes } = world.stats;
  const picture = plays[0]!.first.rgba.byteLength;
  expect((held[1]! - held[0]!) / 32).toBeLessThan(1.1 * (picture + stateBytes / 4));
  await world.close();
});
