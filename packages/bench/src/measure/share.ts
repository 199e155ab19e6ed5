import type { Roofline } from './roofline.js';

export interface Work {
  readonly flops: number;
  readonly bytes: number;
}

/** What a kernel took of what the adapter gives. */
export interface Share {
  /** Absent where no measured limit of the adapter explains the time. */
  readonly share?: number;
  /** Why it lies above 1, or why there is none. */
  readonly note?: string;
}

/** Two measurements of one thing may differ by so much on a quiet machine. */
const margin = 1.1;
/** Names of variants that do not multiply single floats, which the roof is measured with. */
const narrower = /f16|matrix|integer/;

const digits = (value: number): string => Number(value.toPrecision(3)).toString();

/**
 * The share of the roofline that a kernel reached. One above 1 is explained: by caches, if they were measured to give as much, or
 * by narrower numbers. What nothing explains is left out: a time that is too short to be true, or a roof that was measured too low.
 *
 * @param takenMs of one run
 * @param variant name of the kernel's variant
 */
export function shareOfRoofline(
  { flops, bytes }: Work,
  takenMs: number,
  { copyGBs, fmaGflops, cacheGBs }: Roofline,
  variant: string,
): Share {
  const arithmetic = flops / fmaGflops / 1e6 / takenMs;
  const traffic = bytes / copyGBs / 1e6 / takenMs;
  const share = Math.max(arithmetic, traffic);
  if (share <= 1) return { share };
  if (share <= margin) return { share, note: 'The share of the roofline is 1 within the noise.' };
  const reasons: string[] = [];
  if (traffic > margin) {
    const [moved, rate] = [`${digits(bytes / 1e6)} MB`, digits(bytes / takenMs / 1e6)];
    if (cacheGBs === undefined || traffic * copyGBs > margin * cacheGBs) {
      const caches = cacheGBs === undefined ? 'memory' : `caches (${digits(cacheGBs)} GB/s)`;
      return {
        note: `Its ${moved} at ${rate} GB/s are more than ${caches} gave here: no share of the roofline.`,
      };
    }
    reasons.push(
      `Its ${moved} come from caches, which copied ${digits(cacheGBs)} GB/s here: more than the roof of memory.`,
    );
  }
  if (arithmetic > margin) {
    const rate = digits(flops / takenMs / 1e6);
    if (!narrower.test(variant)) {
      return {
        note: `Its ${rate} GFLOP/s are more than multiply-adds alone reached here (${digits(fmaGflops)}): no share of the roofline.`,
      };
    }
    reasons.push('It multiplies narrower numbers than the single floats of the roof.');
  }
  return { share, note: reasons.join(' ') };
}
