export type { RefusalReason, ServerEvent, Wire } from './events.js';
export type { SessionLimits } from './places.js';
export type { PlayServer, PlayServerOptions } from './play_server.js';
export { createPlayServer } from './play_server.js';
export type { Health } from './probes.js';
export type { PlayRequest } from './sessions.js';
export type { Site } from './site.js';
export { writeSite } from './write_site.js';
