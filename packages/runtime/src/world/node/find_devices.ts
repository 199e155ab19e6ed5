import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { DeviceCandidate } from '../../devices/index.js';
import { discoverDevices } from '../../devices/node/index.js';
import { createNodeOnnxExecutor } from '../../node/onnx.js';
import { given, readOptions } from '../../options.js';
import { createReferenceExecutor } from '../../reference/reference.js';
import type { WorldDevice } from '../play_device.js';
import type { OpenExecutorOptions } from './open_executor.js';
import { openAdapter, readExecutorOptions } from './open_executor.js';

const advice = `use 'all', or a list of gpu, software, onnx, reference and parts of adapters' names`;
const isList = (value: unknown): boolean =>
  value === 'all' ||
  (Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'string' && each.trim() !== ''));
const schema = v.object({
  devices: v.custom<'all' | readonly string[]>(isList, ({ input }) => {
    const shown = Array.isArray(input) ? `[${input.map(show).join(', ')}]` : show(input);
    return `devices ${shown} name none; ${advice}`;
  }),
});

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
  const names = wanted === 'all' ? ['gpu', 'onnx'] : wanted;
  const hosts: Readonly<Record<string, WorldDevice>> = {
    onnx: { name: 'onnx', open: async () => createNodeOnnxExecutor(given({ threads })) },
    reference: { name: 'reference', open: async () => createReferenceExecutor() },
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
    if (host) return [host];
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
