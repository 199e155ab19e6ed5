import { GraphBuilder } from '@snowglobe/graph';
import { matmul } from '@snowglobe/kernels';
import type { OpenDevice } from '@snowglobe/runtime/core';
import { createWebgpuExecutor } from '@snowglobe/runtime/core';
import { uniform } from '../cases/random.js';

/** Work must fill this much time before its two clocks are compared. */
const leastMs = 50;
/** The device may have worked for this share of the wall time, transfers and waiting being the rest. */
const honest = [0.5, 1.02] as const;

/**
 * Whether the device's timestamps can be believed: a batch of products, long enough that transfers hardly count, must have
 * taken about as long by them as by the wall clock. Some software drivers stamp the recording, and browsers round.
 */
export async function chooseMethod(opened: OpenDevice): Promise<'timestamps' | 'batched'> {
  if (!opened.capabilities.features.has('timestamp-query')) return 'batched';
  const side = 128;
  const builder = new GraphBuilder();
  const b = builder.constant(uniform(side * side, 'b'), [side, side]);
  builder.output('y', matmul(builder.input('a', [side, side]), b));
  const program = await createWebgpuExecutor(opened).compile(builder.build());
  try {
    const inputs = { a: uniform(side * side, 'a') };
    let repeats = 1;
    for (;;) {
      const { wallMs, deviceMs } = await program.repeat(inputs, repeats);
      if (wallMs < leastMs && repeats < 2 ** 14) {
        repeats *= 2;
        continue;
      }
      if (deviceMs === undefined) return 'batched';
      const share = deviceMs / wallMs;
      return share >= honest[0] && share <= honest[1] ? 'timestamps' : 'batched';
    }
  } finally {
    await program.close();
  }
}
