import type { RemoteWorld } from '@snowglobe/runtime/browser';
import { telling } from './requests.js';
import type { SessionLog } from './session_log.js';

/**
 * Carries a session to another place: its state where that can be had, else everything that was done, again.
 * @param index the frame to arrive at
 * @returns the first frame that the new place can go back to
 */
export async function carry(
  from: RemoteWorld,
  to: RemoteWorld,
  log: SessionLog,
  index: number,
): Promise<number> {
  const snapshot = await from
    // What was on its way when the session was stopped is behind this in the old place's queue, and never shown.
    .rewind(index)
    .then(() => from.snapshot())
    .catch(() => undefined);
  if (snapshot) return (await to.resume(snapshot)).frame.index;
  await to.start(log.start);
  let oldest = 0;
  for (const [at, action] of log.actionsTo(index).entries()) {
    ({ oldest } = await to.step(action, telling(log.toldAfter(at))));
  }
  return oldest;
}
