import type { TensorData } from '@snowglobe/graph';
import type { WebgpuProgram } from '@snowglobe/runtime/core';
import { summarize } from './sampling.js';

/** A batch lasts so many steps of the clock at least, so that its error is below a hundredth. */
const leastTicks = 100;
/** … and so long, that the clocks of the device have risen to their speed. */
const leastMs = 2;
const mostRepeats = 2 ** 14;
/** A batch that takes longer by the wall clock is not made longer for the sake of a coarse clock. */
const longestMs = 500;
const samples = 7;
/** All batches together, of those that take long. */
const budgetMs = 1000;

/** What the device's clock says of one run. */
export interface KernelTime {
  readonly ms: number;
  /** Runs of a batch. */
  readonly repeats: number;
}

/**
 * Median time of a run by the device's timestamps around batches that are long enough for its clock.
 * @returns undefined where no batch is
 */
export async function timeOnDevice(
  program: Pick<WebgpuProgram, 'repeat'>,
  inputs: Readonly<Record<string, TensorData>>,
  tickNs: number,
): Promise<KernelTime | undefined> {
  const wanted = Math.max(leastMs, (leastTicks * tickNs) / 1e6);
  const started = performance.now();
  for (let repeats = 1; ;) {
    const { deviceMs = 0, wallMs } = await program.repeat(inputs, repeats);
    if (deviceMs >= wanted) return median(program, inputs, repeats, started);
    if (repeats >= mostRepeats || wallMs > longestMs) return undefined;
    const missing = wanted / Math.max(deviceMs, wanted / 8);
    repeats = Math.min(mostRepeats, Math.max(2 * repeats, Math.ceil(repeats * missing)));
  }
}

async function median(
  program: Pick<WebgpuProgram, 'repeat'>,
  inputs: Readonly<Record<string, TensorData>>,
  repeats: number,
  started: number,
): Promise<KernelTime | undefined> {
  const times: number[] = [];
  while (times.length < samples && (times.length < 3 || performance.now() - started < budgetMs)) {
    const { deviceMs = 0 } = await program.repeat(inputs, repeats);
    // A clock that jumps tells nothing.
    if (deviceMs > 0) times.push(deviceMs / repeats);
    else if (performance.now() - started > budgetMs) return undefined;
  }
  return { ms: summarize(times).median, repeats };
}
