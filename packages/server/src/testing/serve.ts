/** A server in a process of its own, for tests that try to end it: what nobody catches ends this process. */
import { locateWorlds } from '@snowglobe/runtime';
import { createPlayServer } from '../play_server.js';

const [page] = process.argv.slice(2);
const { worlds } = await locateWorlds();
const server = await createPlayServer({
  ...{ page: page!, worlds, port: 0, executor: { executor: 'onnx', threads: 1 } },
  onBug: (error) => console.error('BUG', error),
});
console.log(server.port);
process.once('SIGTERM', () => void server.close());
