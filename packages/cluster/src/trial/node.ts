/** A node of a cluster as a process: plays one world for those who connect, and keeps their sessions in a Redis. */
import type { Socket } from '@snowglobe/runtime';
import { SessionKeeper, hostWorld, openWorld, socketChannel } from '@snowglobe/runtime';
import { WebSocketServer } from 'ws';
import { createRedisStore } from '../redis_store.js';

const [path, url] = process.argv.slice(2) as [string, string];
const world = await openWorld(path, { executor: 'onnx', threads: 1 });
// Players of other nodes come all at once, and all of them may.
await world.prepare(32);
const executors = [
  { kind: 'onnx', available: true, chosen: true, device: world.executor.device, reason: 'runs on the node' },
] as const;
const onBug = (error: unknown): void => console.error('BUG', error);
const store = await createRedisStore({ url, onProblem: (sentence) => console.error(sentence) });
const keeper = new SessionKeeper(store, { onBug });
const hosts = new Set<ReturnType<typeof hostWorld>>();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('error', () => {});
  const channel = socketChannel(socket as unknown as Socket);
  const host = hostWorld(channel, {
    keeper,
    onBug,
    open: async () => ({ world, executors, release: async () => {} }),
  });
  hosts.add(host);
  socket.on('close', () => hosts.delete(host));
});
server.on('listening', () => {
  const { port } = server.address() as { readonly port: number };
  console.log(JSON.stringify({ port, pid: process.pid }));
});
process.once('SIGTERM', () => {
  for (const host of hosts) host.leave();
  setInterval(() => hosts.size === 0 && process.exit(0), 20);
  setTimeout(() => process.exit(0), 5000);
});
