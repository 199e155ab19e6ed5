import { findRedis, runTrial } from '@snowglobe/cluster/internal';
import { SnowglobeError } from '@snowglobe/graph';
import { findWorld } from '@snowglobe/runtime';
import { summarize } from '../measure/sampling.js';
import { clusterFamilies } from '../record/cluster.js';
import type { BenchEntry } from '../record/types.js';
import type { SuiteContext, SuiteResult } from './options.js';

const nodes = 3;

/**
 * What players notice when parts of a cluster fail: three nodes that play on the CPU, a Redis and players, as processes on this machine, and
 * one fault after the other. What was shown is compared with the same sessions alone.
 */
export async function clusterSuite(context: SuiteContext): Promise<SuiteResult> {
  const { worlds, cluster = {}, filter, signal, onStart, onEntry } = context;
  const { faults = 20, players = 12, seed = 1 } = cluster;
  const name = worlds[0]!;
  if (filter && !filter.test(`cluster ${name}`)) return { entries: [], refused: [], notes: [] };
  const redis = findRedis();
  if (!redis) {
    throw new SnowglobeError(
      'bench: the suite cluster needs a Redis server, and none was found; node scripts/redis.mjs in a checkout of Snowglobe says why.',
    );
  }
  const result = await runTrial({
    ...{ redis, world: await findWorld(name), nodes, players, faults, seed, signal },
    onFault: (kind, done) => onStart?.(`cluster of ${name}: ${kind}`, done, faults),
  });
  const at = (kind: string): string => `${name}, ${nodes} nodes, ${players} players, ${kind}`;
  const kinds = [...new Set(result.faults.map(({ kind }) => kind))];
  const entries = [
    ...kinds.map((kind): BenchEntry => {
      const own = result.faults.filter((each) => each.kind === kind);
      const survived = own.filter(({ isSurvived }) => isSurvived).length;
      const longest = own.map(({ longestMs }) => longestMs);
      return {
        ...entryOf(clusterFamilies.fault, at(kind), longest),
        survived,
        note: `${survived} of ${own.length} survived; ms: the longest that a player waited for a frame`,
      };
    }),
    ...kinds.flatMap((kind): BenchEntry[] => {
      const ms = result.recoveries.filter((each) => each.kind === kind).map((each) => each.ms);
      return ms.length > 0 ? [entryOf(clusterFamilies.recovery, at(kind), ms)] : [];
    }),
  ];
  for (const entry of entries) onEntry?.(entry);
  signal?.throwIfAborted();
  return {
    entries,
    refused: [],
    notes: [
      `cluster: ${result.frames} frames were seen; a thread for each node, ${players} players at 24 frames/s at most, seed ${seed}.`,
      ...[...result.wrong, ...result.bugs].map((each) => `cluster: ${each}`),
    ],
  };
}

function entryOf(family: string, shape: string, values: readonly number[]): BenchEntry {
  const { ms, median, spread } = summarize(values);
  return {
    ...{ suite: 'cluster', family, shape, dtype: 'f32', variant: 'onnx', choice: 'default', repeats: 1 },
    ...{ ms: median, spread, samples: [...ms] },
  };
}
