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
 * @throws SnowglobeError for fewer than two worlds, weights of other shapes or in few bits, another codebook, and where `only` names nothing
 */
export async function averageWorlds(
  worlds: readonly NamedWorld[],
  { only, command }: AverageOptions,
): Promise<WorldFile> {
  const [first, ...others] = worlds;
  if (!first || others.length === 0) {
    throw new SnowglobeError(`average: there are ${worlds.length} worlds; give two or more.`);
  }
  const { stages } = await first.file.model.training();
  const isTrained = (name: string): boolean => stages.some((stage) => !stage.finds && stage.trains(name));
  const isAsked = (name: string): boolean => only?.some((start) => name.startsWith(start)) ?? true;
  const names = [...first.file.tensors.keys()];
  if (!names.some((name) => isTrained(name) && isAsked(name))) {
    const starts = new Set(names.filter(isTrained).map((name) => `${name.split('/')[0]!}/`));
    throw new SnowglobeError(
      `average: no weight of ${first.name} begins with ${only!.join(' or ')}; its names begin with ${[...starts].join(', ')}.`,
    );
  }
  const tensors = new Map(first.file.tensors);
  for (const [name, tensor] of first.file.tensors) {
    if (!isTrained(name)) others.forEach((other) => checkSame(name, first, other));
    else if (isAsked(name)) {
      const all = worlds.map((world) => floatsOf(name, first, world));
      const mean = (i: number): number => all.reduce((sum, data) => sum + data[i]!, 0) / all.length;
      tensors.set(name, { ...tensor, data: all[0]!.map((_, i) => mean(i)) } as typeof tensor);
    }
  }
  const { measurements: _, ...about } = first.file.metadata;
  const provenance = together(
    worlds.map(({ file }) => file.metadata.provenance),
    command,
  );
  return { ...first.file, metadata: { ...about, provenance, evaluation: {} }, tensors };
}

/** A weight of a world, which is to be averaged. */
function floatsOf(name: string, first: NamedWorld, world: NamedWorld): Float32Array {
  const [tensor, { shape }] = [world.file.tensors.get(name), first.file.tensors.get(name)!];
  if (!tensor || !sameShape(tensor.shape, shape)) {
    throw new SnowglobeError(
      `average: ${name} is [${shape.join(', ')}] in ${first.name} and ${
        tensor ? `[${tensor.shape.join(', ')}]` : 'absent'
      } in ${world.name}; average worlds that went on from the same one.`,
    );
  }
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new SnowglobeError(`average: ${name} of ${world.name} is in few bits; average the worlds in floats.`);
}

/** What no stage trains, such as a codebook, is what the weights speak of. */
function checkSame(name: string, first: NamedWorld, other: NamedWorld): void {
  const [own, its] = [first, other].map(({ file }) => file.tensors.get(name)?.data);
  if (ArrayBuffer.isView(own) && ArrayBuffer.isView(its) && bytesOf(own).equals(bytesOf(its))) return;
  throw new SnowglobeError(
    `average: ${name} of ${other.name} is not that of ${first.name}, and is not trained; average worlds that went on from the same one.`,
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

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
