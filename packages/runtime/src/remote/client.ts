import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';
import type { DrawOptions } from '../world/engine.js';
import type { Frame } from '../world/frame.js';
import type { StartOptions } from '../world/start_options.js';
import type { Channel } from './channel.js';
import type { OpenRequest, Reply, Request, WorldInfo, WorldProgress } from './protocol.js';
import { replySchema } from './protocol.js';

type Answer = Exclude<Reply, { type: 'progress' | 'moved' }>;
type AnswerOf<T extends Answer['type']> = Extract<Answer, { type: T }>;
type WithoutId<R> = R extends unknown ? Omit<R, 'id'> : never;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** A session's whole state as it travels: for `resume` of the same world elsewhere. */
export type RemoteSnapshot = AnswerOf<'snapshot'>['snapshot'];

/** A frame, and how far back its session can be wound. */
export interface RemoteFrame extends Frame {
  readonly oldest: number;
}

export interface RemoteListeners {
  onProgress?(progress: WorldProgress): void;
  /** The device was lost, and the session went on elsewhere. */
  onMoved?(executor: WorldInfo['executor']): void;
  /** The connection ended without `close`. */
  onClosed?(reason: string): void;
}

/**
 * A world that runs at the other end of a channel: in a worker, or on a server. Requests may be sent before earlier ones
 * are answered; the host refuses more than 16 that wait.
 */
export class RemoteWorld {
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners: RemoteListeners;
  #nextId = 1;
  #ended: SnowglobeError | undefined;
  #info: WorldInfo | undefined;

  private constructor(channel: Channel, listeners: RemoteListeners) {
    this.#channel = channel;
    this.#listeners = listeners;
    channel.onMessage((message) => this.#receive(message));
    channel.onClose((reason) => this.#end(reason));
  }

  /** @throws SnowglobeError when the world cannot be opened there; the channel is closed then */
  static async connect(
    channel: Channel,
    request: Pick<OpenRequest, 'world' | 'executor'>,
    listeners: RemoteListeners = {},
  ): Promise<RemoteWorld> {
    const world = new RemoteWorld(channel, listeners);
    try {
      world.#info = (await world.#ask({ type: 'open', ...request }, 'opened')).info;
      return world;
    } catch (error) {
      world.close();
      throw error;
    }
  }

  get info(): WorldInfo {
    return this.#info!;
  }

  /** Begins a session, in place of the one before. */
  async start(options: StartOptions): Promise<{ readonly frame: Frame; readonly draw: DrawOptions }> {
    const { frame, draw } = await this.#ask({ type: 'start', ...options }, 'playing');
    return { frame: frameOf(frame), draw };
  }

  /** Goes on where a session of the same world was, here or elsewhere. */
  async resume(snapshot: RemoteSnapshot): Promise<{ readonly frame: Frame; readonly draw: DrawOptions }> {
    const { frame, draw } = await this.#ask({ type: 'resume', snapshot }, 'playing');
    return { frame: frameOf(frame), draw };
  }

  async step(action: string | number, { codes = false } = {}): Promise<RemoteFrame> {
    return remoteFrame(await this.#ask({ type: 'step', action, ...(codes && { codes }) }, 'frame'));
  }

  /** Goes back to frame `index`. @throws SnowglobeError when it is no longer kept */
  async rewind(index: number): Promise<RemoteFrame> {
    return remoteFrame(await this.#ask({ type: 'rewind', index }, 'frame'));
  }

  async snapshot(): Promise<RemoteSnapshot> {
    return (await this.#ask({ type: 'snapshot' }, 'snapshot')).snapshot;
  }

  close(): void {
    this.#ended ??= new SnowglobeError('session: it was closed; connect anew.');
    this.#failAll();
    this.#channel.close();
  }

  #ask<T extends Answer['type']>(request: WithoutId<Request>, type: T): Promise<AnswerOf<T>> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        resolve(answer) {
          if (answer.type === type) resolve(answer as AnswerOf<T>);
          else if (answer.type === 'failed') reject(new SnowglobeError(answer.message));
          else reject(new SnowglobeError(`session: '${answer.type}' answers no ${request.type}; reload.`));
        },
        reject,
      });
      this.#channel.send({ ...request, id });
    });
  }

  #receive(message: unknown): void {
    const parsed = v.safeParse(replySchema, message);
    if (!parsed.success) {
      this.#end('the other side does not speak this protocol; reload the page');
      this.#channel.close();
      return;
    }
    const reply = parsed.output;
    switch (reply.type) {
      case 'progress':
        return this.#listeners.onProgress?.(reply.progress);
      case 'moved':
        if (this.#info) this.#info = { ...this.#info, executor: reply.executor };
        return this.#listeners.onMoved?.(reply.executor);
      default: {
        const pending = this.#pending.get(reply.id);
        this.#pending.delete(reply.id);
        pending?.resolve(reply);
      }
    }
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = new SnowglobeError(`session: the connection ended (${reason}); connect anew.`);
    this.#failAll();
    this.#listeners.onClosed?.(reason);
  }

  #failAll(): void {
    for (const { reject } of this.#pending.values()) reject(this.#ended!);
    this.#pending.clear();
  }
}

function remoteFrame({ frame, oldest }: AnswerOf<'frame'>): RemoteFrame {
  return { ...frameOf(frame), oldest };
}

function frameOf({ rgba, codes, ...rest }: AnswerOf<'frame'>['frame']): Frame {
  return {
    ...rest,
    // A copy: what came in a message is a part of it, and would keep it whole.
    rgba: new Uint8ClampedArray(rgba),
    ...(codes && { codes: Int32Array.from(codes) }),
  };
}
