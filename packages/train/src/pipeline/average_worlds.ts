import { SnowglobeError } from '@snowglobe/graph';
import type { Provenance, WorldFile } from '@snowglobe/model';
import { sameShape } from '@snowglobe/graph/internal';

/** A world and what it is called in messages. */
export interface NamedWorld {
  readonly name: string;
  readonly file: WorldFile;
}

export interface AverageOptions {
  /** Beginnings of the names of weights that are averaged, such as `dynamics/`; default: all. The others are those of the first world. */
  readonly only?: readonly string[];
  /** What the provenance of the average says of how it was made. */
  readonly command: string;
}

/**
 * The mean of the weights of worlds that are checkpoints of one training, or went on from the same one: often better than each of them (Wortsman et al.
 * 2022, "Model soups"). All else is the first world's; what was measured of it does not hold any more.
 * @throws SnowglobeError for fewer than two worlds, other shapes, another codebook, weights in few bits, and where `only` names nothing
 */
export function averageWorlds(worlds: readonly NamedWorld[], { only, command }: AverageOptions): WorldFile {
  const [first, ...others] = worlds;
  if (!first || others.length === 0) {
    throw new SnowglobeError(`average: there are ${worlds.length} worlds; give two or more.`);
  }
  const isChosen = (name: string): boolean => only?.some((start) => name.startsWith(start)) ?? true;
  if (![...first.file.tensors.keys()].some(isChosen)) {
    throw new SnowglobeError(
      `average: no weight of ${first.name} begins with ${only!.join(' or ')}; its names begin with ${[
        ...new Set([...first.file.tensors.keys()].map((name) => `${name.split('/')[0]!}/`)),
      ].join(', ')}.`,
    );
  }
  const tensors = new Map(first.file.tensors);
  for (const [name, tensor] of first.file.tensors) {
    const all = [first, ...others].map((world) => ({ world, tensor: world.file.tensors.get(name) }));
    for (const { world, tensor: other } of all) {
      if (!other || !sameShape(other.shape, tensor.shape)) {
        throw new SnowglobeError(
          `average: ${name} is [${tensor.shape.join(', ')}] in ${first.name} and ${
            other ? `[${other.shape.join(', ')}]` : 'absent'
          } in ${world.name}; average worlds that went on from the same one.`,
        );
      }
      if (isFixed(other.data) && !isSame(other.data, tensor.data)) {
        throw new SnowglobeError(
          `average: ${name} of ${world.name} is no float and not that of ${first.name}; average worlds in floats, of the same codebook.`,
        );
      }
    }
    if (isFixed(tensor.data) || !isChosen(name)) continue;
    const datas = all.map(({ tensor: each }) => each!.data as Float32Array);
    tensors.set(name, {
      ...tensor,
      data: Float32Array.from(tensor.data as Float32Array, (_, i) => {
        return datas.reduce((sum, data) => sum + data[i]!, 0) / datas.length;
      }),
    } as typeof tensor);
  }
  const { measurements: _, ...about } = first.file.metadata;
  const provenance = together(
    worlds.map(({ file }) => file.metadata.provenance),
    command,
  );
  return { ...first.file, metadata: { ...about, provenance, evaluation: {} }, tensors };
}

const isFixed = (data: unknown): boolean => !(data instanceof Float32Array);
const isSame = (a: unknown, b: unknown): boolean =>
  ArrayBuffer.isView(a) &&
  ArrayBuffer.isView(b) &&
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

/** Worlds of one training share most of their past: the longest counts. */
function together(all: readonly Provenance[], command: string): Provenance {
  const [first] = all as [Provenance];
  return {
    ...first,
    command: `${first.command}; then ${command}`,
    hours: Math.max(...all.map(({ hours }) => hours)),
    seeds: [...new Set(all.flatMap(({ seeds }) => seeds))],
    licences: [...new Set(all.flatMap(({ licences }) => licences))],
  };
}
