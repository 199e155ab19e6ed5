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
/** What is found in recordings, and trained by no stage. */
const codebook = 'patches/codebook';
const isFound = (name: string): boolean => name.startsWith('patches/');
const scaled = (by: number): WorldFile =>
  changed((name, tensor) =>
    !isFound(name) && tensor.data instanceof Float32Array
      ? ({ ...tensor, data: tensor.data.map((x) => x * by) } as FileTensor)
      : tensor,
  );

it('is the mean of all weights, or of those that were asked for', async () => {
  const all = await averageWorlds([named(first), named(scaled(3)), named(scaled(5))], { command });
  const some = await averageWorlds([named(first), named(scaled(3))], { only: ['dynamics/'], command });
  for (const [name, { data }] of first.tensors) {
    if (isFound(name) || !(data instanceof Float32Array)) {
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

it('says how it was made, and claims nothing that was measured of another', async () => {
  const measured: WorldFile = {
    ...first,
    metadata: {
      ...first.metadata,
      evaluation: { psnr: 30 },
      measurements: { long: { recordings: 'a' } as never },
    },
  };
  const { metadata } = await averageWorlds([named(measured), named(scaled(2))], { command });
  expect(metadata.evaluation).toEqual({});
  expect(metadata.measurements).toBeUndefined();
  expect(metadata.provenance.command).toBe(`${first.metadata.provenance.command}; then ${command}`);
  expect(metadata.provenance.hours).toBe(first.metadata.provenance.hours);
});

it('refuses what has no mean', async () => {
  await expect(averageWorlds([named(first)], { command })).rejects.toThrow(
    /there are 1 worlds; give two or more/,
  );
  await expect(averageWorlds([named(first), named(untrainedWorld(), 'b')], { command })).rejects.toThrow(
    /patches\/codebook of b is not that of a world, and is not trained; average worlds that went on from the same one/,
  );
  await expect(averageWorlds([named(first), named(first)], { only: ['tokens/'], command })).rejects.toThrow(
    /no weight of a world begins with tokens\/; its names begin with .*dynamics\//,
  );
  const shorter = changed((name, tensor) =>
    name === 'dynamics/positions' ? { ...tensor, shape: [1, ...tensor.shape] } : tensor,
  );
  await expect(averageWorlds([named(first), named(shorter, 'b')], { command })).rejects.toThrow(
    /dynamics\/positions is \[\d+, \d+\] in a world and \[1, \d+, \d+\] in b/,
  );
  const bytes = changed((name, tensor) =>
    name === 'dynamics/positions'
      ? ({ ...tensor, dtype: 'U8', data: new Uint8Array(tensor.data.length) } as FileTensor)
      : tensor,
  );
  await expect(averageWorlds([named(first), named(bytes, 'b')], { command })).rejects.toThrow(
    /dynamics\/positions of b is in few bits; average the worlds in floats/,
  );
  const repainted = changed((name, tensor) =>
    name === codebook
      ? ({ ...tensor, data: (tensor.data as Float32Array).map((x) => -x) } as FileTensor)
      : tensor,
  );
  await expect(averageWorlds([named(first), named(repainted, 'b')], { command })).rejects.toThrow(
    /patches\/codebook of b is not that of a world, and is not trained/,
  );
});

it('asks nothing of weights that stay those of the first', async () => {
  const silent = changed((name, tensor) => (name.startsWith('motion/') ? undefined : tensor));
  const mean = await averageWorlds([named(first), named(silent, 'b')], { only: ['dynamics/'], command });
  expect([...mean.tensors]).toEqual([...first.tensors]);
  await expect(averageWorlds([named(first), named(silent, 'b')], { command })).rejects.toThrow(
    /motion\/.* in a world and absent in b/,
  );
});
