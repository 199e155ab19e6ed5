import type { FileTensor, WorldFile } from '@snowglobe/model';
import { untrainedPatches, untrainedWorld } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { averageWorlds } from './average_worlds.js';

const first = untrainedPatches();
const named = (file: WorldFile, name = 'a world') => ({ name, file });
const command = 'snowglobe average a b';

/** The same world with other weights. */
function changed(change: (name: string, tensor: FileTensor) => FileTensor | undefined): WorldFile {
  const tensors = [...first.tensors].flatMap(([name, tensor]) => {
    const now = change(name, tensor);
    return now ? [[name, now] as const] : [];
  });
  return { ...first, tensors: new Map(tensors) };
}
const scaled = (by: number): WorldFile =>
  changed((_, tensor) =>
    tensor.data instanceof Float32Array
      ? ({ ...tensor, data: tensor.data.map((x) => x * by) } as FileTensor)
      : tensor,
  );

it('is the mean of all weights, or of those that were asked for', () => {
  const all = averageWorlds([named(first), named(scaled(3)), named(scaled(5))], { command });
  const some = averageWorlds([named(first), named(scaled(3))], { only: ['dynamics/'], command });
  for (const [name, { data }] of first.tensors) {
    if (!(data instanceof Float32Array)) {
      expect(all.tensors.get(name)!.data, name).toEqual(data);
      continue;
    }
    const [ofAll, ofSome] = [all, some].map(({ tensors }) => tensors.get(name)!.data as Float32Array);
    const factor = name.startsWith('dynamics/') ? 2 : 1;
    data.forEach((x, i) => {
      expect(ofAll![i], name).toBeCloseTo(3 * x, 5);
      expect(ofSome![i], name).toBeCloseTo(factor * x, 5);
    });
  }
});

it('says how it was made, and claims nothing that was measured of another', () => {
  const measured: WorldFile = {
    ...first,
    metadata: {
      ...first.metadata,
      evaluation: { psnr: 30 },
      measurements: { long: { recordings: 'a' } as never },
    },
  };
  const { metadata } = averageWorlds([named(measured), named(scaled(2))], { command });
  expect(metadata.evaluation).toEqual({});
  expect(metadata.measurements).toBeUndefined();
  expect(metadata.provenance.command).toBe(`${first.metadata.provenance.command}; then ${command}`);
  expect(metadata.provenance.hours).toBe(first.metadata.provenance.hours);
});

it('refuses what has no mean', () => {
  expect(() => averageWorlds([named(first)], { command })).toThrow(/there are 1 worlds; give two or more/);
  expect(() => averageWorlds([named(first), named(untrainedWorld(), 'b')], { command })).toThrow(
    /is \[.*\] in a world and absent in b; average worlds that went on from the same one/,
  );
  expect(() => averageWorlds([named(first), named(first)], { only: ['tokens/'], command })).toThrow(
    /no weight of a world begins with tokens\/; its names begin with .*dynamics\//,
  );
  const shorter = changed((name, tensor) =>
    name === 'dynamics/positions' ? { ...tensor, shape: [1, ...tensor.shape] } : tensor,
  );
  expect(() => averageWorlds([named(first), named(shorter, 'b')], { command })).toThrow(
    /dynamics\/positions is \[\d+, \d+\] in a world and \[1, \d+, \d+\] in b/,
  );
  const bytes = changed((name, tensor) =>
    name === 'dynamics/positions'
      ? ({ ...tensor, dtype: 'U8', data: new Uint8Array(tensor.data.length) } as FileTensor)
      : tensor,
  );
  expect(() => averageWorlds([named(first), named(bytes, 'b')], { command })).toThrow(
    /dynamics\/positions of b is no float and not that of a world/,
  );
});
