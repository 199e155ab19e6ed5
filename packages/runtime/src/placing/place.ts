import type { FrameTimes } from './frame_times.js';
import { expectedMs } from './frame_times.js';

/** Whether somebody waits for each frame, or for all of them. */
export type Priority = 'interactive' | 'batch';

/** What decides whether a session is put on a device. */
export interface DeviceLoad {
  /** Unique among them. */
  readonly name: string;
  readonly times: FrameTimes;
  /** How many times as long as measured a frame takes at the moment. */
  readonly slowdown: number;
  /** Sessions that play on it. */
  readonly interactive: number;
  readonly batch: number;
  /** States that it has memory for beside those on it. */
  readonly room: number;
}

/** How long a session of that kind waits for a frame when all ask at once: batch work waits for the others, and they do not wait for it. */
export function frameMs(
  { times, slowdown }: Pick<DeviceLoad, 'slowdown' | 'times'>,
  { interactive, batch }: Pick<DeviceLoad, 'batch' | 'interactive'>,
  priority: Priority,
): number {
  return slowdown * expectedMs(times, priority === 'interactive' ? interactive : interactive + batch);
}

/** How long one more session would wait there. */
export function frameMsOfOneMore(device: DeviceLoad, priority: Priority): number {
  return frameMs(device, { ...device, [priority]: device[priority] + 1 }, priority);
}

/**
 * Where one more session gets its frames soonest, among those with memory for it where there are any; where several are alike, on
 * the one that has fewer sessions, then on the first.
 * @returns its place in the list, which must not be empty
 */
export function place(devices: readonly DeviceLoad[], priority: Priority): number {
  const free = devices.filter(({ room }) => room > 0);
  const [best] = (free.length > 0 ? free : devices)
    .map((device) => ({ device, ms: frameMsOfOneMore(device, priority) }))
    .sort((a, b) => a.ms - b.ms || sessionsOf(a.device) - sessionsOf(b.device));
  return devices.indexOf(best!.device);
}

const sessionsOf = ({ interactive, batch }: DeviceLoad): number => interactive + batch;
