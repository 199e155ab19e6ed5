import type { ExecutorKind } from '@snowglobe/graph';
import type { FrameTime } from '../placing/frame_times.js';
import type { PlayDevice } from './play_device.js';

/** One of the devices of a world, as it is now. */
export interface DeviceStatus {
  readonly name: string;
  /** `lost` is tried again later, or when no other device is left. */
  readonly state: 'open' | 'opening' | 'lost';
  /** Why it is not open, in a sentence; empty where it is. */
  readonly why: string;
  /** Undefined where it was never opened. */
  readonly kind: ExecutorKind | undefined;
  /** The device in words. */
  readonly device: string;
  /** Sessions that asked for something in the last 5 seconds. */
  readonly interactive: number;
  readonly batch: number;
  /** How long frames took when it was measured, by how many were drawn in one run; empty where it is the world's only one. */
  readonly frameTimes: readonly FrameTime[];
  /** How many times as long they take now. */
  readonly slowdown: number;
  /** The share of the last seconds in which it drew, 0 … 1. */
  readonly load: number;
  /** Over the last seconds. */
  readonly framesPerSecond: number;
  /** Sessions whose states are on it, of how many at most, and bytes of each. */
  readonly states: number;
  readonly mostStates: number;
  readonly stateBytes: number;
  readonly weightBytes: number;
  /** Times that it was lost. */
  readonly losses: number;
  /** Sessions that went on elsewhere, because it was lost, could not do what they asked for, or did not keep up. */
  readonly departures: number;
}

export function statusOf(device: PlayDevice, now: number): DeviceStatus {
  const { name, place, why, executor, stats, times, usage, losses, departures } = device;
  return {
    ...{ name: name || (executor?.device ?? ''), why, losses, departures, frameTimes: times },
    state: place ? 'open' : device.isOpening ? 'opening' : 'lost',
    ...{ kind: executor?.kind, device: executor?.device ?? '' },
    ...usage.count(now),
    slowdown: usage.slowdown(now),
    load: usage.load(now),
    framesPerSecond: usage.framesPerSecond(now),
    ...{ states: place?.residents.size ?? 0, mostStates: place?.most ?? 0 },
    ...{ stateBytes: stats?.stateBytes ?? 0, weightBytes: stats?.weightBytes ?? 0 },
  };
}
