import type { ChooseVariant, OpenDevice } from '@snowglobe/runtime/core';
import type { Method } from '../measure/method.js';
import type { Roofline } from '../measure/roofline.js';
import type { OpenPeer } from '../peers/peer.js';
import type { BenchEntry, BenchRefusal } from '../record/types.js';

/** The world that is timed unless another one is named. */
export const defaultWorld = 'coinrun';

/** Those whose sessions are timed unless one is named: the one that a page opens with comes first. */
export const worldsOfSessions = ['crafter', 'coinrun', 'dungeon'] as const;

/** How many faults come over how many players of a cluster. */
export interface ClusterLoad {
  /** Default 20. */
  readonly faults?: number;
  /** Default 12. */
  readonly players?: number;
  /** Of which faults come, and how long after one another. Default 1. */
  readonly seed?: number;
}

/** On how many engines sessions are played, and by how many players. */
export interface SessionsLoad {
  /** Engines on the CPU, each in a thread of its own, which share the threads. Default: one, in the main thread. */
  readonly engines?: number;
  /** Players who want frames at a pace, watched for ten seconds. Default: as many as get them, for three. */
  readonly players?: number;
}

/** What every suite is given. */
export interface SuiteContext {
  readonly opened: OpenDevice;
  /** Another device of the same adapter. */
  reopen(): Promise<OpenDevice>;
  /** Absent where the adapter refused to be measured. */
  readonly roofline?: Roofline;
  readonly method: Method['method'];
  readonly tickNs?: number;
  /** Opens a model in ONNX Runtime, to be timed in the same run; absent where nobody asked for it. */
  readonly openPeer?: OpenPeer;
  /** Try every variant first and time the fastest. */
  readonly tune: boolean;
  /** What an earlier tuning of the adapter found. */
  readonly chooseVariant?: ChooseVariant;
  readonly threads: number;
  /** How sessions are played, where that is not by default. */
  readonly sessions?: SessionsLoad;
  /** Name of the world whose frame and start are timed. */
  readonly world: string;
  /** Names of those whose sessions are timed. */
  readonly worlds: readonly string[];
  /** What happens to a cluster; default as `ClusterLoad` says. */
  readonly cluster?: ClusterLoad;
  readonly filter?: RegExp;
  /** Aborted when time is up: what has been measured until then is kept. */
  readonly signal?: AbortSignal;
  /** Called before something is timed, which is the `done`-th of `total`. */
  readonly onStart?: (name: string, done: number, total: number) => void;
  /** Called with each entry as soon as it is known. */
  readonly onEntry?: (entry: BenchEntry) => void;
  /** Called for what cannot be timed. */
  onRefused?(refusal: BenchRefusal): void;
}

export interface SuiteResult {
  readonly entries: readonly BenchEntry[];
  readonly refused: readonly BenchRefusal[];
  readonly notes: readonly string[];
}
