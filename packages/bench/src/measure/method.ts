import { GraphBuilder } from '@snowglobe/graph';
import { matmul } from '@snowglobe/kernels';
import type { OpenDevice } from '@snowglobe/runtime/core';
import { createWebgpuExecutor } from '@snowglobe/runtime/core';
import { uniform } from '../cases/random.js';

/** Work must fill this much time before its two clocks are compared. */
const leastMs = 50;
/** The device may have worked for this share of the wall time, transfers and waiting being the rest. */
const honest = [0.5, 1.02] as const;
/** Times by which the clock's steps are found. */
const leastTimes = 8;

/** How kernels are timed on a device. */
export interface Method {
  /** `batched` where timestamps are missing or were found to lie. */
  readonly method: 'timestamps' | 'batched';
  /** Steps of the device's clock in nanoseconds: browsers round them so that pages cannot measure each other. */
  readonly tickNs?: number;
}

/**
 * Whether the device's timestamps can be believed: a batch of matmuls, long enough that transfers hardly count, must have
 * taken about as long by them as by the wall clock. Some software drivers stamp the recording.
 */
export async function chooseMethod(opened: OpenDevice): Promise<Method> {
  if (!opened.capabilities.features.has('timestamp-query')) return { method: 'batched' };
  const side = 128;
  const builder = new GraphBuilder();
  const b = builder.constant(uniform(side * side, 'b'), [side, side]);
  builder.output('y', matmul(builder.input('a', [side, side]), b));
  const program = await createWebgpuExecutor(opened).compile(builder.build());
  try {
    const inputs = { a: uniform(side * side, 'a') };
    const times: number[] = [];
    let repeats = 1;
    for (;;) {
      const { wallMs, deviceMs } = await program.repeat(inputs, repeats);
      if (deviceMs !== undefined) times.push(deviceMs);
      if (wallMs < leastMs && repeats < 2 ** 14) {
        repeats *= 2;
        continue;
      }
      if (deviceMs === undefined) return { method: 'batched' };
      const share = deviceMs / wallMs;
      if (!(share >= honest[0] && share <= honest[1])) return { method: 'batched' };
      while (times.length < leastTimes) times.push((await program.repeat(inputs, 1)).deviceMs!);
      return { method: 'timestamps', tickNs: tickOf(times) };
    }
  } finally {
    await program.close();
  }
}

/** The largest step, in nanoseconds, of which all times are multiples. */
export function tickOf(times: readonly number[]): number {
  const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
  const steps = times.map((ms) => Math.abs(Math.round(ms * 1e6))).reduce(commonDivisor, 0);
  return Math.max(1, steps);
}
