import { availableParallelism, cpus, platform, release } from 'node:os';
import { SnowglobeError } from '@snowglobe/graph';
import type { Precision } from '@snowglobe/kernels';
import type { OpenDevice } from '@snowglobe/runtime';
import { discoverDevices } from '@snowglobe/runtime';
import { chooseDevice, chooseTuned, dawnVersion, findTuning } from '@snowglobe/runtime/internal';
import { measureAdapter } from './measure/adapter.js';
import { makeRecord } from './make_record.js';
import { nodePeers } from './peers/ort.js';
import type { BenchRecord } from './record/types.js';
import { clusterSuite } from './suites/cluster.js';
import { coldStartSuite } from './suites/cold_start.js';
import { historySuite } from './suites/history.js';
import { kernelSuite } from './suites/kernels.js';
import { modelSuite } from './suites/model.js';
import { sessionsSuite } from './suites/sessions.js';
import type { SuiteContext, SuiteResult } from './suites/options.js';
import { defaultWorld, worldsOfSessions } from './suites/options.js';

/**
 * The suites of a bench: single kernels, frames of whole worlds, the way from a new process to the first frame; and, when they are asked
 * for, sessions that are played together, and players of a cluster whose parts fail.
 */
export const suites = ['kernels', 'model', 'cold-start', 'sessions', 'cluster'] as const;
const onlyAskedFor: readonly Suite[] = ['sessions', 'cluster'];
/** The name of a suite. */
export type Suite = (typeof suites)[number];

/** What a bench times, and on what. */
export interface BenchOptions extends Partial<
  Pick<SuiteContext, 'tune' | 'cluster' | 'sessions' | 'filter' | 'signal' | 'onStart' | 'onEntry'>
> {
  /** Time ONNX Runtime in the same run. Default false. */
  readonly peers?: boolean;
  /** Default all of them but `sessions` and `cluster`. */
  readonly suites?: readonly Suite[];
  /** Part of the adapter's name; default the best one. */
  readonly device?: string;
  /** Name or path of the world whose frame, cold start and sessions are timed. Default `coinrun`; sessions of three worlds, a cluster of the first of these. */
  readonly world?: string;
  /** Of the CPU, for peers; default one a core. */
  readonly threads?: number;
  /** Commit of the code, for the record. */
  readonly commit?: string;
  /** `f16`: matmuls may round their operands to half precision, where the adapter can. Default `f32`. */
  readonly precision?: Precision;
  /** dawn's toggles for our device, for example `disable_robustness`. */
  readonly toggles?: readonly string[];
}

const run: Record<Suite, readonly ((context: SuiteContext) => Promise<SuiteResult>)[]> = {
  kernels: [kernelSuite, historySuite],
  model: [modelSuite],
  'cold-start': [coldStartSuite],
  sessions: [sessionsSuite],
  cluster: [clusterSuite],
};

/**
 * Measures this machine and returns the record.
 * @throws SnowglobeError when there is no adapter to measure
 */
export async function runBench(options: BenchOptions = {}): Promise<BenchRecord> {
  const {
    peers = false,
    tune = false,
    toggles = [],
    threads = availableParallelism(),
    commit = '',
    precision: wanted = 'f32',
  } = options;
  const { candidates, notes: found } = await discoverDevices({
    software: options.device === undefined ? 'auto' : 'all',
    toggles,
  });
  const { chosen } = chooseDevice(candidates, options.device);
  if (!chosen) {
    throw new SnowglobeError(
      `bench: no WebGPU adapter was found (${found.join(' ')}); there is nothing to measure here.`,
    );
  }
  const device = await chosen.open();
  const precision = wanted === 'f16' && device.capabilities.features.has('shader-f16') ? 'f16' : 'f32';
  const opened = inPrecision(device, precision);
  const notes = [...opened.notes, ...precisionNotes(wanted, precision, opened.description.name)];
  try {
    const { tuning, notes: refused } = await findTuning(opened.description);
    notes.push(...refused);
    const context: SuiteContext = {
      opened,
      reopen: async () => inPrecision(await chosen.open(), precision),
      ...(await measureAdapter(opened, notes)),
      tune,
      threads,
      world: options.world ?? defaultWorld,
      worlds: options.world === undefined ? worldsOfSessions : [options.world],
      ...(options.cluster && { cluster: options.cluster }),
      ...(options.sessions && { sessions: options.sessions }),
      ...(peers && { openPeer: nodePeers(opened.description.name, threads) }),
      ...(tuning && { chooseVariant: chooseTuned(tuning, precision) }),
      ...(options.filter && { filter: options.filter }),
      ...(options.signal && { signal: options.signal }),
      ...(options.onStart && { onStart: options.onStart }),
      ...(options.onEntry && { onEntry: options.onEntry }),
    };
    return await makeRecord(
      (options.suites ?? suites.filter((suite) => !onlyAskedFor.includes(suite))).flatMap(
        (suite) => run[suite],
      ),
      context,
      {
        commit,
        notes,
        toggles,
        environment: {
          runtime: runtimeOf(process.versions),
          os: `${platform()} ${release()}`,
          cpu: cpus()[0]?.model.trim() ?? '',
          threads,
          webgpu: `npm webgpu ${dawnVersion()} (dawn)`,
        },
      },
    );
  } finally {
    opened.close();
  }
}

const inPrecision = (device: OpenDevice, precision: Precision): OpenDevice => ({
  ...device,
  capabilities: { ...device.capabilities, precision },
});

function precisionNotes(wanted: Precision, precision: Precision, name: string): readonly string[] {
  if (wanted === 'f32') return [];
  return precision === 'f16'
    ? ['Matmuls may round their operands to half precision; sums are in full precision.']
    : [`Half precision was asked for, but ${name} has no shader-f16: all is in full precision.`];
}

/** What runs this program: Bun and Deno also say which Node they are like. */
function runtimeOf({ node, bun, deno }: NodeJS.ProcessVersions): string {
  if (bun !== undefined) return `Bun ${bun}`;
  return deno !== undefined ? `Deno ${deno}` : `Node ${node}`;
}
