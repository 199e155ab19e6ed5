export type { PlayServer, PlayServerOptions } from './play_server.js';
export { createPlayServer } from './play_server.js';
export type { ConnectionLimits } from './sessions.js';
export type { Site } from './site.js';
export { writeSite } from './write_site.js';
