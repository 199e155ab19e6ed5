import type { SessionToken } from '../sessions/identity.js';
import type { Frame } from '../world/frame.js';
import type { SessionSampling } from '../world/sampling.js';
import type { DecodePng } from './pixels.js';
import type { OpenRequest, WorldInfo, WorldProgress } from './protocol.js';

/** What begins, or goes on. */
export interface RemoteStart {
  /** The first frame, or where the session is. */
  readonly frame: Frame;
  readonly sampling: SessionSampling;
  /** How to go on with it over another connection, where it was to be kept and is; `durable`: also when the place where it is played ends. */
  readonly kept?: SessionToken & { readonly durable: boolean };
}

/** How a session begins. */
export interface KeepOptions {
  /** Whether it is to be kept there, for `rejoin`; default false. */
  readonly keep?: boolean | undefined;
}

/** What is asked of the other end of a channel. */
export interface ConnectRequest extends Pick<OpenRequest, 'world' | 'executor' | 'frames'> {
  readonly codes?: boolean;
  readonly decodePng?: DecodePng;
}

/** A frame, and how far back its session can be wound. */
export interface RemoteFrame extends Frame {
  readonly oldest: number;
}

/** What is told of a world elsewhere unasked. */
export interface RemoteListeners {
  /** How far opening the world has come. */
  onProgress?(progress: WorldProgress): void;
  /** The device was lost, and the session went on elsewhere. */
  onMoved?(executor: WorldInfo['executor']): void;
  /** Whether the session outlives the place where it is played has changed. */
  onDurable?(durable: boolean): void;
  /** The place is ending: the session should go on elsewhere, after `leave`. */
  onLeaving?(): void;
  /** The connection ended without `close`. */
  onClosed?(reason: string): void;
}
