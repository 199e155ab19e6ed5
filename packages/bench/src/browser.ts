/** For pages: the kernels suite on the browser's adapter. */
import { SnowglobeError } from '@snowglobe/graph';
import { discoverBrowserDevices, tuningDatabase } from '@snowglobe/runtime/browser';
import { chooseDevice, chooseTuned } from '@snowglobe/runtime/internal/core';
import { makeRecord } from './make_record.js';
import { measureAdapter } from './measure/adapter.js';
import type { BenchRecord } from './record/types.js';
import { historySuite } from './suites/history.js';
import { kernelSuite } from './suites/kernels.js';
import { defaultWorld } from './suites/options.js';
import type { SuiteContext } from './suites/options.js';

export type { BenchEntry, BenchRecord } from './record/types.js';

/** What a bench in a page times, and on what. */
export interface BrowserBenchOptions extends Partial<
  Pick<SuiteContext, 'tune' | 'filter' | 'signal' | 'onStart' | 'onEntry'>
> {
  /** Default `navigator.gpu`. */
  readonly gpu?: GPU | undefined;
}

/**
 * Measures the browser's adapter and returns the record.
 * @throws SnowglobeError when the browser has no adapter
 */
export async function runBrowserBench(options: BrowserBenchOptions = {}): Promise<BenchRecord> {
  const { tune = false, filter, signal, onStart, onEntry } = options;
  const gpu = 'gpu' in options ? options.gpu : globalThis.navigator?.gpu;
  const { candidates, notes: found } = await discoverBrowserDevices(gpu);
  const { chosen } = chooseDevice(candidates);
  if (!chosen)
    throw new SnowglobeError(`bench: ${found.join(' ')} Use a browser with WebGPU, and turn it on.`);
  const opened = await chosen.open();
  try {
    const notes = [...opened.notes];
    const tuning = await tuningDatabase()
      .load(opened.description)
      .catch((error: Error) => void notes.push(error.message));
    const context: SuiteContext = {
      opened,
      reopen: () => chosen.open(),
      ...(await measureAdapter(opened, notes)),
      tune,
      threads: navigator.hardwareConcurrency,
      world: defaultWorld,
      worlds: [defaultWorld],
      ...(tuning && { chooseVariant: chooseTuned(tuning) }),
      ...(filter && { filter }),
      ...(signal && { signal }),
      ...(onStart && { onStart }),
      ...(onEntry && { onEntry }),
    };
    const { userAgent, hardwareConcurrency } = navigator;
    const environment = {
      runtime: browserOf(userAgent),
      os: /\(([^;)]+)/.exec(userAgent)?.[1] ?? 'unknown',
      cpu: '',
      threads: hardwareConcurrency,
      webgpu: await fullVersion(),
    };
    return await makeRecord([kernelSuite, historySuite], context, {
      commit: '',
      environment,
      notes,
      toggles: [],
    });
  } finally {
    opened.close();
  }
}

/** Chromium browsers tell their whole version apart; others have it in the user agent. */
async function fullVersion(): Promise<string> {
  interface Brand {
    readonly brand: string;
    readonly version: string;
  }
  const { userAgentData } = navigator as {
    readonly userAgentData?: {
      getHighEntropyValues(
        names: readonly string[],
      ): Promise<{ readonly fullVersionList?: readonly Brand[] }>;
    };
  };
  const told = await userAgentData?.getHighEntropyValues(['fullVersionList']).catch(() => undefined);
  const brands = told?.fullVersionList?.filter(({ brand }) => !/not.?a.?brand/i.test(brand)) ?? [];
  return brands.map(({ brand, version }) => `${brand} ${version}`).join(', ') || navigator.userAgent;
}

/** `Chrome 147`, as far as the user agent tells. */
function browserOf(userAgent: string): string {
  const known = /(Edg|Firefox|Chrome|Version)\/(\d+)/.exec(userAgent);
  if (!known) return 'browser';
  const names: Record<string, string> = { Edg: 'Edge', Version: 'Safari' };
  return `${names[known[1]!] ?? known[1]} ${known[2]}`;
}
