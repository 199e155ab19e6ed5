import { availableParallelism } from 'node:os';
import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { DeviceCandidate } from '../../devices/index.js';
import { chooseDevice } from '../../devices/index.js';
import { discoverDevices } from '../../devices/node/index.js';
import { createNodeOnnxExecutor } from '../../node/onnx.js';
import { createThreadedOnnxExecutor } from '../../onnx/node/threaded.js';
import { given, readOptions } from '../../options.js';
import { createReferenceExecutor } from '../../reference/reference.js';
import type { WorldDevice } from '../play_device.js';
import type { OpenExecutorOptions } from './open_executor.js';
import { openAdapter, openExecutor, readExecutorOptions } from './open_executor.js';

const advice = `use 'auto', 'all', or a list of gpu, software, onnx, cores, onnx*2, reference and parts of adapters' names`;
const isList = (value: unknown): boolean =>
  value === 'all' ||
  value === 'auto' ||
  (Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'string' && each.trim() !== ''));
const schema = v.object({
  devices: v.custom<'all' | 'auto' | readonly string[]>(isList, ({ input }) => {
    const shown = Array.isArray(input) ? `[${input.map(show).join(', ')}]` : show(input);
    return `devices ${shown} name none; ${advice}`;
  }),
});

/** Engines on one CPU at most: each has the world's weights, and compiles it. */
const mostEngines = 64;
/** Where nobody says how many: as many as sessions that a server has. */
const mostCores = 16;

/** So many engines on the CPU, each in a thread of its own. @param threads of each of them */
const engines = (count: number, threads: number): readonly WorldDevice[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `onnx ${i + 1}`,
    open: async () => createThreadedOnnxExecutor({ threads }),
  }));

/** An engine a core: a second thread adds little to a frame, and a run of few rows does not wait for one of many. */
function cores(threads: number | undefined): readonly WorldDevice[] {
  const all = availableParallelism();
  const count = Math.min(all, mostCores);
  if (count > 1) return engines(count, threads ?? Math.floor(all / count));
  return [{ name: 'onnx', open: async () => createNodeOnnxExecutor(given({ threads })) }];
}

/**
 * Devices of this machine for a world to play on at once, see `OpenWorldOptions`.
 * @throws SnowglobeError for what names none, or none that is there
 */
export async function findDevices(
  devices: unknown,
  options: Omit<OpenExecutorOptions, 'devices'>,
): Promise<readonly WorldDevice[]> {
  const { devices: wanted } = readOptions('executor', schema, { devices });
  const { executor, device, threads, precision } = readExecutorOptions(options);
  if (executor !== 'auto' || device !== undefined) {
    const other = device === undefined ? `executor '${executor}'` : `device '${device}'`;
    throw new SnowglobeError(`executor: devices and ${other} were both given; name it among the devices.`);
  }
  if (wanted === 'auto') return chosenDevices(options);
  const names = wanted === 'all' ? ['gpu', 'onnx'] : wanted;
  const isAlone = new Set(names).size === 1;
  const onnx: WorldDevice = {
    name: 'onnx',
    // Beside others it must not keep them waiting.
    open: async () =>
      isAlone
        ? createNodeOnnxExecutor(given({ threads }))
        : createThreadedOnnxExecutor({ threads: threads ?? availableParallelism() }),
  };
  const hosts: Readonly<Record<string, readonly WorldDevice[]>> = {
    onnx: [onnx],
    cores: cores(threads),
    reference: [{ name: 'reference', open: async () => createReferenceExecutor() }],
    ...Object.fromEntries(
      names.flatMap((name) => {
        const count = countOf(name);
        return count === undefined ? [] : [[name, engines(count, threads ?? 1)]];
      }),
    ),
  };
  const needsSoftware = names.some((name) => name !== 'gpu' && !(name in hosts));
  const needsAdapters = names.some((name) => !(name in hosts));
  const { candidates, notes } = needsAdapters
    ? await discoverDevices({ software: needsSoftware ? 'all' : 'none' })
    : { candidates: [], notes: [] };
  const adapter = (candidate: DeviceCandidate): WorldDevice => ({
    name: candidate.description.name,
    open: () => openAdapter(candidate, precision),
  });
  const found = names.flatMap((name): readonly WorldDevice[] => {
    const host = hosts[name];
    if (host) return host;
    const meant = candidates.filter(({ description }) => isMeant(description, name));
    // A machine may have no GPU: the others are played on.
    if (meant.length === 0 && name !== 'gpu') {
      const there = candidates.map(({ description }) => `'${description.name}'`).join(', ');
      throw new SnowglobeError(
        `executor: no device is '${name}' among ${there || 'no adapters'}${notes.length > 0 ? ` (${notes.join(' ')})` : ''}; ${advice}.`,
      );
    }
    return meant.map(adapter);
  });
  if (wanted === 'all' && found.length === 1) return cores(threads);
  const unique = [...new Map(found.map((each) => [each.name, each])).values()];
  if (unique.length > 0) return unique;
  throw new SnowglobeError(
    `executor: this machine has no GPU (${notes.join(' ') || 'none was found'}); add onnx to the devices.`,
  );
}

function isMeant({ kind, name }: DeviceCandidate['description'], wanted: string): boolean {
  if (wanted === 'gpu') return kind === 'hardware';
  if (wanted === 'software') return kind === 'software';
  return name.toLowerCase().includes(wanted.toLowerCase());
}

/** How many engines `onnx*2` means; undefined for another name. @throws SnowglobeError for none or too many */
function countOf(name: string): number | undefined {
  const digits = /^onnx\*(.*)$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const count = Number(digits);
  if (/^\d+$/.test(digits) && count >= 1 && count <= mostEngines) return count;
  throw new SnowglobeError(
    `executor: '${name}' does not say how many engines; use onnx*1 to onnx*${mostEngines}, usually one a core.`,
  );
}

/** What `auto` means: the device that a world is played on if nobody says more, but an engine a core in place of one CPU. */
async function chosenDevices(options: OpenExecutorOptions): Promise<readonly WorldDevice[]> {
  const { threads, precision } = readExecutorOptions(options);
  const named = process.env['SNOWGLOBE_DEVICE'];
  if (named) return [{ name: named, open: () => openExecutor(options) }];
  const { candidates } = await discoverDevices({ software: 'none' });
  const { chosen } = chooseDevice(candidates);
  if (!chosen) return cores(threads);
  return [{ name: chosen.description.name, open: () => openAdapter(chosen, precision) }];
}
