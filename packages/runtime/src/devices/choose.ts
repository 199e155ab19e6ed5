import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceCandidate, DeviceDescription, DeviceReport } from './device.js';

/** Which device was chosen, and why. */
export interface Choice<C> {
  /** Undefined when there is no candidate at all. */
  readonly chosen: C | undefined;
  /** All candidates, best first, each with the reason for its place. */
  readonly reports: readonly DeviceReport[];
}

/**
 * Picks a device and says why. Hardware goes before software; among hardware the order of discovery decides (dawn and
 * browsers list what they prefer first); among software a driver with half floats and wide vectors goes first.
 *
 * @param wanted part of a device's name, in any case; overrides the order
 * @throws SnowglobeError when no name contains `wanted`.
 */
export function chooseDevice<C extends Pick<DeviceCandidate, 'description'>>(
  candidates: readonly C[],
  wanted?: string,
): Choice<C> {
  const ordered = [...candidates].sort((a, b) => rank(a.description) - rank(b.description));
  let chosen = ordered[0];
  if (wanted !== undefined) {
    chosen = ordered.find(({ description }) => matches(description, wanted));
    if (!chosen) {
      const names = ordered.map(({ description }) => `'${description.name}'`).join(', ');
      throw new SnowglobeError(
        `devices: no name contains '${wanted}'; ${names === '' ? 'no WebGPU device was found' : `there are ${names}`}.`,
      );
    }
  }
  const reports = ordered.map((candidate) => ({
    ...candidate.description,
    chosen: candidate === chosen,
    reason: candidate === chosen ? why(candidate, ordered, wanted) : whyNot(candidate, chosen!, wanted),
  }));
  return { chosen, reports };
}

/** Lower is better. Equal ranks keep the order of discovery: the sort is stable. */
function rank({ kind, features, name }: DeviceDescription): number {
  if (kind === 'hardware') return 0;
  if (/llvmpipe|lavapipe/i.test(name)) return 1;
  return features.includes('shader-f16') ? 2 : 3;
}

function matches({ name }: DeviceDescription, wanted: string): boolean {
  return name.toLowerCase().includes(wanted.toLowerCase());
}

function why<C extends Pick<DeviceCandidate, 'description'>>(
  { description }: C,
  all: readonly C[],
  wanted: string | undefined,
): string {
  if (wanted !== undefined) return `its name contains '${wanted}', which was asked for`;
  const rivals = all.filter((other) => other.description.kind === description.kind).length - 1;
  if (description.kind === 'hardware')
    return rivals === 0 ? 'the only GPU' : `the first of ${rivals + 1} GPUs`;
  return rivals === 0
    ? 'no GPU driver was found and this one runs on the CPU: right for tests, too slow for play'
    : `no GPU driver was found and this is the fastest of ${rivals + 1} that run on the CPU: right for tests, too slow for play`;
}

function whyNot(
  { description }: Pick<DeviceCandidate, 'description'>,
  chosen: Pick<DeviceCandidate, 'description'>,
  wanted: string | undefined,
): string {
  const best = chosen.description;
  if (wanted !== undefined) return `'${best.name}' was asked for`;
  if (description.kind === best.kind) {
    return description.kind === 'hardware'
      ? `'${best.name}' is listed first; name this one to use it`
      : `'${best.name}' computes on wider vectors`;
  }
  return `runs on the CPU, '${best.name}' is a GPU`;
}
