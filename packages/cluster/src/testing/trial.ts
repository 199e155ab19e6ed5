/** Players in a cluster whose parts fail at random frames, beside sessions that nothing happens to. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Socket } from '@snowglobe/runtime';
import { RemoteSession, openWorld, socketChannel } from '@snowglobe/runtime';
import { WebSocket } from 'ws';
import type { NodeProcess, Proxy } from './processes.js';
import { startNode, startProxy } from './processes.js';
import type { RedisCommand } from './redis.js';
import { startRedis } from './redis.js';

export const faultKinds = ['kill', 'pause', 'drain', 'partition', 'redis'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface TrialOptions {
  readonly redis: RedisCommand;
  /** Path of the world's file. */
  readonly world: string;
  readonly nodes: number;
  readonly sessions: number;
  readonly faults: number;
  readonly seed: number;
  readonly kinds?: readonly FaultKind[];
  /** Told of what happens. */
  note?(line: string): void;
}

export interface TrialResult {
  readonly faults: readonly FaultKind[];
  /** Frames that all sessions showed. */
  readonly frames: number;
  /** Sessions that showed something else than they show alone, with the first frame in which they do. */
  readonly wrong: readonly string[];
  /** Milliseconds between the last frame before a place was lost and the next one, of every session that lost one, by what ended it. */
  readonly gaps: readonly number[];
  /** What nodes said of bugs. */
  readonly bugs: readonly string[];
}

const prompt = {
  ...{ width: 8, height: 8 },
  data: Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256),
};
const actions = ['right', 'left', 'up', 'none'];
/** Milliseconds that a player takes between frames: 24 a second. */
const frameMs = 40;

interface Member {
  node: NodeProcess;
  /** Until a node is there that was started in place of another one. */
  starting: Promise<void> | undefined;
  readonly toNode: Proxy;
  readonly toRedis: Proxy;
}

/** A number of 0 … n−1, from a seed: the same trial each time. */
function chance(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
}

export async function runTrial({
  kinds = faultKinds,
  note = () => {},
  ...options
}: TrialOptions): Promise<TrialResult> {
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
  };

  const players = await Promise.all(
    Array.from({ length: options.sessions }, async (_, i) => {
      const urls = members.map(({ toNode }) => `ws://127.0.0.1:${toNode.port}`);
      const player = {
        seed: i,
        frames: [] as Frame[],
        gaps: [] as number[],
        isRecovered: false,
        isOver: false,
      };
      const session = await RemoteSession.open({
        ...{ world: 'tiny', silenceMs: 1000, patienceMs: 60_000, copyEvery: 60 },
        connect: (attempt) =>
          socketChannel(new WebSocket(urls[(attempt + i) % urls.length]!) as unknown as Socket),
        listeners: { onRecovered: () => (player.isRecovered = true) },
      });
      await session.start({ prompt, seed: i, temperature: 1 });
      let last = performance.now();
      const playing = (async () => {
        while (!player.isOver) {
          const action = actions[(player.frames.length * 7 + i) % 4]!;
          player.frames.push(await session.step(action, { codes: true }));
          const now = performance.now();
          if (player.isRecovered) player.gaps.push(now - last);
          player.isRecovered = false;
          last = now;
          await sleep(frameMs);
        }
        session.close();
      })();
      // It is looked at when all is over.
      playing.catch(() => {});
      return { player, playing };
    }),
  );
  const frames = (): number => players.reduce((sum, { player }) => sum + player.frames.length, 0);
  /** All have shown a few frames since. */
  const settled = async (): Promise<void> => {
    const before = players.map(({ player }) => player.frames.length);
    const ended = Promise.race(players.map(({ playing }) => playing));
    const goOn = async (): Promise<void> => {
      while (!players.every(({ player }, i) => player.frames.length >= before[i]! + 20)) await sleep(20);
    };
    await Promise.race([goOn(), ended]);
  };

  const faults: FaultKind[] = [];
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
      await sleep(3500);
      node.signal('SIGCONT');
    },
    async partition({ toNode, toRedis }) {
      const cut = pick(2) === 0 ? toNode : toRedis;
      cut.stall();
      await sleep(3500);
      cut.heal();
    },
    async redis() {
      await redis.kill();
      await sleep(500);
      redis = await startRedis(options.redis, redis.port);
    },
  };
  try {
    while (faults.length < options.faults) {
      await settled();
      // Two are there to go to.
      await Promise.all(members.map(({ starting }) => starting));
      // At any frame, and within any.
      await sleep(pick(300));
      // Each kind in turn, and then any.
      const kind = kinds[faults.length < kinds.length ? faults.length : pick(kinds.length)]!;
      faults.push(kind);
      const before = frames();
      await causes[kind](members[pick(members.length)]!);
      note(`${faults.length} ${kind}: at frame ${before} of all`);
    }
    await settled();
    for (const { player } of players) player.isOver = true;
    await Promise.all(players.map(({ playing }) => playing));
    await Promise.all(members.map(({ starting }) => starting));
  } finally {
    for (const { player } of players) player.isOver = true;
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
  const wrong = await compare(
    options.world,
    players.map(({ player }) => player),
  );
  return { faults, frames: frames(), wrong, bugs, gaps: players.flatMap(({ player }) => player.gaps) };
}

/** What each session shows alone. */
async function compare(
  path: string,
  players: readonly { readonly seed: number; readonly frames: readonly Frame[] }[],
): Promise<string[]> {
  const world = await openWorld(path, { executor: 'onnx', threads: 1 });
  const wrongOf = async ({ seed, frames }: (typeof players)[number]): Promise<string[]> => {
    const alone = await world.start({ prompt, seed, temperature: 1 });
    for (const [at, { index, codes }] of frames.entries()) {
      const expected = await alone.step(actions[(at * 7 + seed) % 4]!, { codes: true });
      if (index === expected.index && codes!.join() === expected.codes!.join()) continue;
      return [`session ${seed} at frame ${index}, in place of ${expected.index}`];
    }
    return [];
  };
  const wrong = await Promise.all(players.map(wrongOf));
  await world.close();
  return wrong.flat();
}
