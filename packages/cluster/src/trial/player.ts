/** A player in a cluster, who wants frames at a pace and remembers what was shown and when. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, PromptImage, Socket } from '@snowglobe/runtime';
import { RemoteSession, socketChannel } from '@snowglobe/runtime';
import { WebSocket } from 'ws';

/** Milliseconds that a player takes between frames: 24 a second. */
const frameMs = 40;

export const prompt: PromptImage = {
  ...{ width: 8, height: 8 },
  data: Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256),
};

/** What is done on the way to the frame after so many, among the actions of a world: the same whenever it is asked. */
export const actionAt = (actions: readonly string[], frames: number, seed: number): string =>
  actions[(frames * 7 + seed) % actions.length]!;

/** Which frame it is, and what it shows. */
export function fingerprint({ index, codes, rgba }: Frame): string {
  const { buffer, byteOffset, byteLength } = codes ?? rgba;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return `${index} ${createHash('sha256').update(bytes).digest('base64')}`;
}

export interface Shown {
  readonly frame: string;
  /** Faults that there had been by then. */
  readonly faults: number;
  /** Milliseconds since the frame before. */
  readonly waitMs: number;
  /** Whether the place where it was played was lost since then. */
  readonly isRecovered: boolean;
}

export interface Player {
  readonly seed: number;
  readonly actions: readonly string[];
  readonly shown: readonly Shown[];
  /** Why no more frames come, once they do not; how many faults there had been, and the milliseconds of the last wait. */
  readonly end: { readonly reason: string; readonly faults: number; readonly waitMs: number } | undefined;
  /** Wants no more frames, and waits for the last one. */
  stop(): Promise<void>;
}

/**
 * @param urls of the nodes, each tried in turn
 * @param faults how many there have been
 */
export async function startPlayer(
  seed: number,
  urls: readonly string[],
  faults: () => number,
): Promise<Player> {
  const shown: Shown[] = [];
  let end: Player['end'];
  let isRecovered = false;
  let isOver = false;
  // Half of those who lose a node go round one way, half the other way: no node stays without players for long.
  const turn = Math.floor(seed / urls.length) % 2 === 0 ? 1 : urls.length - 1;
  const session = await RemoteSession.open({
    ...{ world: 'trial', silenceMs: 1000, patienceMs: 60_000, copyEvery: 60 },
    connect: (attempt) =>
      socketChannel(new WebSocket(urls[(seed + attempt * turn) % urls.length]!) as unknown as Socket),
    listeners: { onRecovered: () => (isRecovered = true) },
  });
  const { synonyms } = session.info;
  const actions = session.info.actions.filter((name) => !synonyms.includes(name));
  await session.start({ prompt, seed, temperature: 1 });
  let last = performance.now();
  const play = async (): Promise<void> => {
    while (!isOver) {
      const frame = await session.step(actionAt(actions, shown.length, seed), { codes: true });
      const now = performance.now();
      shown.push({ frame: fingerprint(frame), faults: faults(), waitMs: now - last, isRecovered });
      isRecovered = false;
      last = now;
      await sleep(frameMs);
    }
  };
  const playing = play()
    .catch((error: unknown) => {
      end = { reason: (error as Error).message, faults: faults(), waitMs: performance.now() - last };
    })
    .finally(() => session.close());
  return {
    ...{ seed, actions, shown },
    get end() {
      return end;
    },
    async stop() {
      isOver = true;
      await playing;
    },
  };
}
