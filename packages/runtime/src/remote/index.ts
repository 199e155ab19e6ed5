export type { Channel } from './channel.js';
export { portChannel, socketChannel } from './channel.js';
export type { RemoteFrame, RemoteListeners, RemoteSnapshot } from './client.js';
export { RemoteWorld } from './client.js';
export type { HostOptions, OpenedWorld } from './host.js';
export { hostWorld } from './host.js';
export type { OpenRequest, TileGrid, WorldInfo, WorldProgress } from './protocol.js';
export { messageBytes } from './sizes.js';
