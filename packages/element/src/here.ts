import type { World } from '@snowglobe/runtime/browser';
import { RemoteWorld, hostWorld, portChannel } from '@snowglobe/runtime/browser';
import type { WorldPlaces } from './connect.js';
import type { Place } from './places.js';

/** The one place of a world that is open in this thread already; whoever opened it closes it. */
export function placeHere(world: World): WorldPlaces {
  const { kind, device } = world.executor;
  const run: Place = kind === 'webgpu' ? 'gpu' : 'cpu';
  const reason = 'the world that was handed in runs there';
  return {
    find: async () => [{ run, available: true, device, reason }],
    async connect(_run, listeners, signal) {
      signal.throwIfAborted();
      const { port1, port2 } = new MessageChannel();
      hostWorld(portChannel(port1), {
        open: async () => ({
          world,
          executors: [{ kind, device, reason, available: true, chosen: true }],
          release: async () => {},
        }),
        onBug: (error) => console.error(error),
      });
      // For other art, and for pages that read frames of tiles.
      return RemoteWorld.connect(portChannel(port2), { world: 'here', codes: true }, listeners);
    },
  };
}
