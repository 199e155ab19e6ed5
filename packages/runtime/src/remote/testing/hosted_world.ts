import { setTimeout as sleep } from 'node:timers/promises';
import { SnowglobeError } from '@snowglobe/graph';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createNodeOnnxExecutor } from '../../node/onnx.js';
import { untrainedWorld } from '../../testing/untrained_world.js';
import { World } from '../../world/world.js';
import type { Channel } from '../channel.js';
import type { RemoteListeners } from '../client_types.js';
import { RemoteWorld } from '../client.js';
import type { HostOptions } from '../host.js';
import { hostWorld } from '../host.js';

export const prompt = {
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256),
};
export const start = { prompt, seed: 7, temperature: 0 };
export const script = Array.from({ length: 12 }, (_, i) => ['right', 'left', 'up', 'none'][i % 4]!);
export const executors = [
  { kind: 'onnx', available: true, chosen: true, device: 'cpu', reason: 'test' },
] as const;

export interface HostedWorld {
  readonly world: World;
  /** How often a host has let go of the world in this test. */
  readonly released: number;
  /** Of a host that knows the worlds `tiny` and, after 200 ms, `slow`. */
  readonly options: HostOptions;
  /** Hosts the world at one end, and opens it at the other. */
  connect(ends: [Channel, Channel], listeners?: RemoteListeners, name?: string): Promise<RemoteWorld>;
}

/** One untrained world for the tests of a file. */
export function useHostedWorld(): HostedWorld {
  let world: World;
  let released: number;
  beforeAll(async () => {
    world = await World.create(untrainedWorld(), 'test', async () => createNodeOnnxExecutor({ threads: 1 }));
  });
  afterAll(() => world.close());
  beforeEach(() => {
    released = 0;
  });
  const options: HostOptions = {
    async open({ world: name }, onProgress) {
      if (name === 'slow') await sleep(200);
      else if (name !== 'tiny') throw new SnowglobeError(`world: there is no '${name}'.`);
      onProgress({ what: 'download', done: 1, total: 2 });
      onProgress({ what: 'prepare' });
      return { world, executors, release: async () => void released++ };
    },
  };
  return {
    get world() {
      return world;
    },
    get released() {
      return released;
    },
    options,
    connect([here, there], listeners = {}, name = 'tiny') {
      hostWorld(there, options);
      return RemoteWorld.connect(here, { world: name }, listeners);
    },
  };
}
