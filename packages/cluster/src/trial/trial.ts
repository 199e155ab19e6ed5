/** Players in a cluster whose parts fail at random frames, beside sessions that nothing happens to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { compareWithAlone } from './alone.js';
import type { NodeProcess } from './node_process.js';
import { startNode } from './node_process.js';
import type { Player } from './player.js';
import { startPlayer } from './player.js';
import type { Proxy } from './proxy.js';
import { startProxy } from './proxy.js';
import type { RedisCommand } from './redis.js';
import { startRedis } from './redis.js';

export const faultKinds = ['kill', 'pause', 'drain', 'partition', 'redis'] as const;
/** What fails: a node is killed, stopped for a while, told to end, or cut off from players or Redis; or Redis dies with all that it kept. */
export type FaultKind = (typeof faultKinds)[number];

export interface TrialOptions {
  readonly redis: RedisCommand;
  /** Path of the world's file. */
  readonly world: string;
  readonly nodes: number;
  readonly players: number;
  readonly faults: number;
  /** Which faults come, and how long after the one before; at which frame of whom that is, the machine decides. */
  readonly seed: number;
  /** Once aborted, no more faults come, and what came of the others is told. */
  readonly signal?: AbortSignal | undefined;
  /** Told before a fault, which is the `done`-th. */
  onFault?(kind: FaultKind, done: number): void;
}

export interface TrialFault {
  readonly kind: FaultKind;
  /** Whether all players went on from it, and with the frames that their sessions show alone. */
  readonly isSurvived: boolean;
  /** Milliseconds between frames, at most, from it to the next one. */
  readonly longestMs: number;
}

export interface TrialResult {
  readonly faults: readonly TrialFault[];
  /** Frames that all players saw. */
  readonly frames: number;
  /** Milliseconds between the last frame before a place was lost and the next one, of every player who lost one, by what ended it. */
  readonly recoveries: readonly { readonly kind: FaultKind; readonly ms: number }[];
  /** Who saw something else than their sessions show alone, or no more at all, as sentences. */
  readonly wrong: readonly string[];
  /** What nodes said of bugs. */
  readonly bugs: readonly string[];
}

/** Milliseconds of a pause or a partition. */
const awayMs = 3500;

interface Member {
  node: NodeProcess;
  /** Until a node is there that was started in place of another one. */
  starting: Promise<void> | undefined;
  readonly toNode: Proxy;
  readonly toRedis: Proxy;
}

/** A number of 0 … n−1, from a seed. */
function chance(seed: number): (n: number) => number {
  let state = seed >>> 0 || 1;
  return (n) => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
}

export async function runTrial({ onFault = () => {}, ...options }: TrialOptions): Promise<TrialResult> {
  const pick = chance(options.seed * 2_654_435_761 + 1);
  let redis = await startRedis(options.redis);
  const members = await Promise.all(
    Array.from({ length: options.nodes }, async (): Promise<Member> => {
      const toRedis = await startProxy(redis.port);
      const node = await startNode(options.world, `redis://127.0.0.1:${toRedis.port}`);
      return { node, starting: undefined, toRedis, toNode: await startProxy(node.port) };
    }),
  );
  const gone: NodeProcess[] = [];
  const restart = (member: Member): void => {
    gone.push(member.node);
    member.starting = (async () => {
      member.node = await startNode(options.world, `redis://127.0.0.1:${member.toRedis.port}`);
      member.toNode.target = member.node.port;
      member.starting = undefined;
    })();
    // It is looked at before the next fault.
    member.starting.catch(() => {});
  };
  const causes: Record<FaultKind, (member: Member) => Promise<void>> = {
    async kill(member) {
      member.node.signal('SIGKILL');
      restart(member);
    },
    async drain(member) {
      member.node.signal('SIGTERM');
      restart(member);
    },
    async pause({ node }) {
      node.signal('SIGSTOP');
      await sleep(awayMs);
      node.signal('SIGCONT');
    },
    async partition({ toNode, toRedis }) {
      const cut = pick(2) === 0 ? toNode : toRedis;
      cut.stall();
      await sleep(awayMs);
      cut.heal();
    },
    async redis() {
      await redis.kill();
      await sleep(500);
      redis = await startRedis(options.redis, redis.port);
    },
  };

  const kinds: FaultKind[] = [];
  let players: readonly Player[] = [];
  const urls = members.map(({ toNode }) => `ws://127.0.0.1:${toNode.port}`);
  try {
    players = await Promise.all(
      Array.from({ length: options.players }, (_, i) => startPlayer(i, urls, () => kinds.length)),
    );
    await settle(players);
    while (kinds.length < options.faults && !options.signal?.aborted && players.some(({ end }) => !end)) {
      // Two are there to go to.
      await Promise.all(members.map(({ starting }) => starting));
      // At any frame, and within any.
      await sleep(pick(300));
      // Each kind in turn, and then any.
      const kind = faultKinds[kinds.length < faultKinds.length ? kinds.length : pick(faultKinds.length)]!;
      onFault(kind, kinds.length);
      kinds.push(kind);
      await causes[kind](members[pick(members.length)]!);
      await settle(players);
    }
    await Promise.all(players.map((player) => player.stop()));
    await Promise.all(members.map(({ starting }) => starting));
  } finally {
    for (const player of players) void player.stop();
    for (const { node, toNode, toRedis } of members) {
      node.signal('SIGCONT');
      node.signal('SIGKILL');
      toNode.close();
      toRedis.close();
    }
    await redis.kill();
  }
  const said = [...gone, ...members.map(({ node }) => node)].map((node) => node.said());
  const bugs = said.flatMap((text) => text.split('\n').filter((line) => line.startsWith('BUG')));
  return { ...(await judge(options.world, players, kinds)), bugs };
}

/** Until all who play have seen a few frames more. */
async function settle(players: readonly Player[]): Promise<void> {
  const before = players.map(({ shown }) => shown.length);
  while (!players.every(({ shown, end }, i) => end || shown.length >= before[i]! + 20)) await sleep(20);
}

/** What came of faults, by what players saw. */
async function judge(
  world: string,
  players: readonly Player[],
  kinds: readonly FaultKind[],
): Promise<Omit<TrialResult, 'bugs'>> {
  const wrong = await compareWithAlone(world, players);
  const ended = players.flatMap(({ seed, end }) => (end ? [{ seed, ...end }] : []));
  const seen = players.flatMap(({ shown }) => shown);
  const harmful = new Set([...wrong.map(({ shown }) => shown), ...ended].map(({ faults }) => faults));
  const longest = kinds.map(() => 0);
  for (const { faults, waitMs } of [...seen, ...ended]) {
    if (faults > 0) longest[faults - 1] = Math.max(longest[faults - 1]!, waitMs);
  }
  const after = (fault: number): string => (fault === 0 ? 'before any fault' : `after ${kinds[fault - 1]}`);
  return {
    faults: kinds.map((kind, i) => ({ kind, isSurvived: !harmful.has(i + 1), longestMs: longest[i]! })),
    frames: seen.length,
    recoveries: seen.flatMap(({ faults, waitMs, isRecovered }) =>
      isRecovered && faults > 0 ? [{ kind: kinds[faults - 1]!, ms: waitMs }] : [],
    ),
    wrong: [
      ...wrong.map(
        ({ seed, shown, expected }) =>
          `session ${seed} showed frame ${shown.frame} in place of ${expected}, ${after(shown.faults)}`,
      ),
      ...ended.map(({ seed, reason, faults }) => `session ${seed} ended ${after(faults)}: ${reason}`),
    ],
  };
}
