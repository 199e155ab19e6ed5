export type { Channel } from './channel.js';
export { portChannel, socketChannel, socketDrained } from './channel.js';
export type {
  ConnectRequest,
  KeepOptions,
  RemoteFrame,
  RemoteListeners,
  RemoteStart,
} from './client_types.js';
export { RemoteWorld } from './client.js';
export type { RemoteSessionOptions } from './remote_session.js';
export { RemoteSession } from './remote_session.js';
export type { GivenPrompt, HostEvent, HostOptions, OpenedWorld, WorldHost } from './host.js';
export { hostWorld } from './host.js';
export type { OpenRequest, TileGrid, WorldInfo, WorldProgress } from './protocol.js';
export type { OpenRemoteOptions } from './open_remote_world.js';
export { openRemoteWorld } from './open_remote_world.js';
export type { DecodePng, EncodePng, FrameFormat, PixelImage } from './pixels.js';
export { protocolVersion } from './protocol.js';
export { messageBytes, promptSide } from './sizes.js';
