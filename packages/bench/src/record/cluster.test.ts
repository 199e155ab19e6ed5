import { expect, it } from 'vitest';
import { entryOf } from '../testing/record.js';
import { clusterFamilies, summarizeCluster } from './cluster.js';

it('a summary of a cluster counts faults by their samples, and ranks recoveries of all kinds', () => {
  const entry = (family: string, kind: string, samples: number[], survived?: number) =>
    entryOf(family, `crafter, 3 nodes, 100 players, ${kind}`, samples[0]!, {
      ...{ suite: 'cluster', samples },
      ...(survived !== undefined && { survived }),
    });
  const { fault, recovery } = clusterFamilies;
  const entries = [
    entry(fault, 'kill', [2500, 2600, 9000], 2),
    entry(fault, 'redis', [60], 1),
    entry(
      recovery,
      'kill',
      Array.from({ length: 150 }, (_, i) => 2000 + i),
    ),
    entry(
      recovery,
      'drain',
      Array.from({ length: 50 }, (_, i) => 100 + i),
    ),
    entryOf('fault', 'of another suite', 1),
  ];
  expect(summarizeCluster(entries)).toEqual({
    ...{ faults: 4, survived: 3, recoveryP50: 2049, recoveryP99: 2147 },
  });
  expect(summarizeCluster(entries.slice(0, 1))).toEqual({
    ...{ faults: 3, survived: 2, recoveryP50: null, recoveryP99: null },
  });
});
