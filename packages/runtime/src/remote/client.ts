import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';
import type { MapPicture } from '@snowglobe/model';
import { readEvent } from '@snowglobe/model/internal';
import type { SessionToken } from '../sessions/identity.js';
import type { Frame } from '../world/frame.js';
import type { PromptImage } from '../world/prompt.js';
import type { ImagineOptions, Imagined } from '../world/imagine.js';
import type { LookAheadOptions } from '../world/look_ahead.js';
import type { StepOptions } from '../world/session.js';
import type { StartOptions } from '../world/start_options.js';
import { formatBytes } from '../format_bytes.js';
import { Answered } from './answered.js';
import type { Channel } from './channel.js';
import type {
  ConnectRequest,
  KeepOptions,
  RemoteFrame,
  RemoteListeners,
  RemoteStart,
} from './client_types.js';
import type { Reply, Request, WorldInfo } from './protocol.js';
import {
  bytesOf,
  otherVersion,
  protocolVersion,
  readRequest,
  replySchema,
  samplingOfMessage,
} from './protocol.js';
import type { DecodePng } from './pixels.js';
import { rgbaOf } from './pixels.js';
import { waitingRequests } from './sizes.js';

type Answer = Exclude<Reply, { type: 'progress' | 'moved' | 'durable' | 'leaving' }>;
type AnswerOf<T extends Answer['type']> = Extract<Answer, { type: T }>;
type WithoutId<R> = R extends unknown ? Omit<R, 'id'> : never;

interface Pending {
  readonly request: Request;
  /** Of its picture or state. */
  readonly bytes: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * A world that runs at the other end of a channel: in a worker, or on a server. Any number of requests may be made before
 * earlier ones are answered: those that the host would not keep waiting wait here. Each settles, at the latest when the
 * connection ends.
 */
export class RemoteWorld {
  readonly #channel: Channel;
  /** Sent and not answered, by number, in order; and not sent yet. */
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Pending[] = [];
  readonly #listeners: RemoteListeners;
  #nextId = 1;
  #ended: SnowglobeError | undefined;
  #info: WorldInfo | undefined;
  #messageBytes = Infinity;
  #wantsCodes = false;
  #decodePng: DecodePng | undefined;
  #pendingBytes = 0;
  readonly #answered = new Answered();

  private constructor(channel: Channel, listeners: RemoteListeners) {
    this.#channel = channel;
    this.#listeners = listeners;
    channel.onMessage((message) => this.#receive(message));
    channel.onClose((reason) => this.#end(reason));
  }

  /**
   * @param request `codes`: every frame comes with its codes, where the world's frames are made of tiles; default: none does
   *   unless a step asks for them. `frames`: how they travel, default RGBA; for `png`, `decodePng` reads them, as `openRemoteWorld`
   *   has it
   * @throws SnowglobeError when the world cannot be opened there; the channel is closed then
   */
  static async connect(
    channel: Channel,
    { codes = false, decodePng, ...request }: ConnectRequest,
    listeners: RemoteListeners = {},
  ): Promise<RemoteWorld> {
    const world = new RemoteWorld(channel, listeners);
    world.#decodePng = decodePng;
    try {
      if (request.frames === 'png' && !decodePng) {
        throw new SnowglobeError(
          `open: frames: 'png' needs decodePng, which reads them; give one, or ask for 'rgb'.`,
        );
      }
      const greeting = { type: 'open', protocol: protocolVersion, ...request } as const;
      const { info, messageBytes = Infinity } = await world.#ask(greeting, 'opened');
      world.#info = info;
      world.#messageBytes = messageBytes;
      world.#wantsCodes = codes && info.tiles !== undefined;
      return world;
    } catch (error) {
      world.close();
      throw error;
    }
  }

  /** Why the connection has ended; undefined while it has not. */
  get ended(): SnowglobeError | undefined {
    return this.#ended;
  }

  /** What is known of the world, and where it runs now. */
  get info(): WorldInfo {
    return this.#info!;
  }

  /**
   * Begins a session, in place of the one before.
   * @throws SnowglobeError for what is no picture, one of more than 2048 pixels a side, or options that make no sense
   */
  async start(options: StartOptions, { keep }: KeepOptions = {}): Promise<RemoteStart> {
    const { confidenceThreshold: certainty, prompt: picture, ...others } = options ?? {};
    const isText = picture === undefined && others.text !== undefined;
    const prompt = isText ? undefined : pictureIn(picture);
    const request = { type: 'start', ...others, certainty, prompt, keep, ...this.#codes } as const;
    return this.#startOf(await this.#ask(request, 'playing'));
  }

  /**
   * Goes on where a session of the same world was, here or elsewhere.
   * @param saved what `snapshot` gave, or a file of `encodeSession`
   * @throws SnowglobeError when it is no session of this world, or larger than the other side takes
   */
  async resume(saved: Uint8Array, { keep }: KeepOptions = {}): Promise<RemoteStart> {
    return this.#startOf(await this.#ask({ type: 'resume', saved, keep, ...this.#codes }, 'playing'));
  }

  /**
   * Goes on with a session that was kept.
   * @param answered steps and ways back of it that were answered; what was done after them is undone
   * @throws SnowglobeError when it is not kept there, or is being played in another place
   */
  async rejoin({ session, token }: SessionToken, answered: number): Promise<RemoteStart> {
    const request = { type: 'rejoin', session, token, answered, ...this.#codes } as const;
    return this.#startOf(await this.#ask(request, 'playing'));
  }

  /** Hands a kept session back, all of whose answers were received, for it to go on elsewhere. */
  async leave(): Promise<void> {
    await this.#ask({ type: 'leave' }, 'left');
  }

  /**
   * Samples the next frame.
   * @param options.tell what happens on the way to it, see `eventMeant`
   * @throws SnowglobeError for an unknown action or event; the session goes on as if it had not been asked
   */
  async step(
    action: string | number,
    { codes = this.#wantsCodes, tell }: StepOptions = {},
  ): Promise<RemoteFrame> {
    const { count: answered } = this.#answered;
    const request = {
      type: 'step',
      action,
      ...(tell !== undefined && { tell }),
      ...(codes && { codes }),
      ...(answered !== undefined && { answered }),
    } as const;
    return this.#remoteFrame(await this.#ask(request, 'frame'));
  }

  /**
   * The event that somebody means, as a step tells it.
   * @throws SnowglobeError in one sentence that says what the world knows
   */
  eventMeant(text: string): string {
    return readEvent(text, this.info.events);
  }

  /** Goes back to frame `index`. @throws SnowglobeError when it is no longer kept */
  async rewind(index: number): Promise<RemoteFrame> {
    return this.#remoteFrame(await this.#ask({ type: 'rewind', index, ...this.#codes }, 'frame'));
  }

  /** What the session remembers of the places where it was, as a picture; undefined where the world keeps no map. */
  async map(): Promise<MapPicture | undefined> {
    if (!this.info.hasMap) return undefined;
    const { map } = await this.#ask({ type: 'map' }, 'map');
    return map && { ...map, rgba: new Uint8ClampedArray(map.rgba) };
  }

  /**
   * First frames that show what a text says, those first in which most of it holds.
   * @throws SnowglobeError where the world knows no words, or none of these; for a text that is too long, and bad options
   */
  async imagine(text: string, options: ImagineOptions = {}): Promise<Imagined> {
    const { frames, holds, clauses, remark } = await this.#ask(
      { type: 'imagine', text, ...options },
      'imagined',
    );
    return {
      frames: frames.map((frame) => this.#frameOf(frame)),
      holds,
      clauses,
      ...(remark !== undefined && { remark }),
    };
  }

  /**
   * What would come if one action were done from the newest frame on, at most 16 frames; the session stays where it is.
   * @throws SnowglobeError for an unknown action, and options that make no sense
   */
  async lookAhead(action: string | number, options: LookAheadOptions = {}): Promise<readonly Frame[]> {
    const { frames } = await this.#ask({ type: 'ahead', action, ...options }, 'ahead');
    return frames.map((frame) => this.#frameOf(frame));
  }

  /** A picture as a session would see it that began with it. @throws SnowglobeError for what is no picture */
  async preview(prompt: PromptImage): Promise<Frame> {
    const { frame } = await this.#ask({ type: 'preview', prompt: pictureIn(prompt) }, 'preview');
    return this.#frameOf(frame);
  }

  /** The session after the last frame: for `resume`, or as a file. */
  async snapshot(): Promise<Uint8Array> {
    // A copy, as of frames.
    return Uint8Array.from((await this.#ask({ type: 'snapshot' }, 'snapshot')).saved);
  }

  /** Ends session and connection; what was asked and not answered rejects. */
  close(): void {
    this.#ended ??= new SnowglobeError('session: it was closed; connect anew.');
    this.#failAll();
    this.#channel.close();
  }

  get #codes(): { readonly codes?: true } {
    return this.#wantsCodes ? { codes: true } : {};
  }

  #startOf({ frame, draw, kept }: AnswerOf<'playing'>): RemoteStart {
    return { frame: this.#frameOf(frame), sampling: samplingOfMessage(draw), ...(kept && { kept }) };
  }

  #remoteFrame({ frame, oldest }: AnswerOf<'frame'>): RemoteFrame {
    return { ...this.#frameOf(frame), oldest };
  }

  #frameOf(frame: AnswerOf<'frame'>['frame']): Frame {
    const { rgba, rgb, png, codes, readouts, told, ended, ...rest } = frame;
    return {
      ...rest,
      rgba: rgbaOf(frame, this.#decodePng),
      ...(codes && { codes: Int32Array.from(codes) }),
      ...(readouts && { readouts }),
      ...(told !== undefined && { told }),
      ...(ended && { ended }),
    };
  }

  #ask<T extends Answer['type']>(unnumbered: WithoutId<Request>, type: T): Promise<AnswerOf<T>> {
    if (this.#ended) return Promise.reject(this.#ended);
    const request = readRequest({ ...unnumbered, id: this.#nextId });
    if ('refused' in request) return Promise.reject(new SnowglobeError(request.refused));
    const bytes = bytesOf(request);
    if (bytes > this.#messageBytes) {
      return Promise.reject(
        new SnowglobeError(
          `${request.type}: its ${formatBytes(bytes)} are more than the ${formatBytes(this.#messageBytes)} of a message that ` +
            `the other side takes; stay where the session is, or give a smaller picture.`,
        ),
      );
    }
    this.#nextId++;
    this.#answered.asked(request);
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        request,
        bytes,
        resolve(answer) {
          if (answer.type === type) resolve(answer as AnswerOf<T>);
          else if (answer.type === 'failed') reject(new SnowglobeError(answer.message));
          else reject(new SnowglobeError(`session: '${answer.type}' answers no ${request.type}; reload.`));
        },
        reject,
      });
      this.#send();
    });
  }

  /** Sends what waits, as far as the host keeps it. */
  #send(): void {
    while (this.#pending.size < waitingRequests && this.#waiting.length > 0) {
      const { request, bytes: own, reject } = this.#waiting[0]!;
      const bytes = this.#pendingBytes + own;
      if (this.#pendingBytes > 0 && bytes > this.#messageBytes) return;
      this.#pendingBytes = bytes;
      this.#pending.set(request.id, this.#waiting.shift()!);
      try {
        this.#channel.send(request);
      } catch (cause) {
        this.#take(request.id);
        this.#answered.settled(request, undefined);
        const { message } = cause as Error;
        reject(new SnowglobeError(`${request.type}: it cannot be sent (${message}).`, { cause }));
      }
    }
  }

  #receive(message: unknown): void {
    const parsed = v.safeParse(replySchema, message);
    if (!parsed.success) {
      const { type, protocol } = (message ?? {}) as Partial<Record<string, unknown>>;
      const isOther = type === 'opened' && protocol !== protocolVersion;
      this.#fail(
        isOther
          ? otherVersion('the world’s side', protocol)
          : 'session: the other side does not speak this protocol; reload the page.',
      );
      return;
    }
    const reply = parsed.output;
    switch (reply.type) {
      case 'progress':
        return this.#listeners.onProgress?.(reply.progress);
      case 'moved':
        if (this.#info) this.#info = { ...this.#info, executor: reply.executor };
        return this.#listeners.onMoved?.(reply.executor);
      case 'durable':
        return this.#listeners.onDurable?.(reply.durable);
      case 'leaving':
        return this.#listeners.onLeaving?.();
      default:
        return this.#settle(reply);
    }
  }

  #settle(answer: Answer): void {
    const { id } = answer;
    // Whose answer it is, nobody can say; so one of the requests would wait for ever.
    if (id === undefined) return this.#fail((answer as AnswerOf<'failed'>).message);
    for (const number of [...this.#pending.keys()]) {
      if (number > id) break;
      const pending = this.#take(number)!;
      this.#answered.settled(pending.request, number === id ? answer : undefined);
      if (number === id) pending.resolve(answer);
      // Answers come in order.
      else
        pending.reject(new SnowglobeError(`session: ${pending.request.type} was not answered; ask again.`));
    }
    this.#send();
  }

  /** Takes what is answered from those that wait for it. */
  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending) this.#pendingBytes -= pending.bytes;
    this.#pending.delete(id);
    return pending;
  }

  /** Ends the connection for a reason of this side. */
  #fail(sentence: string): void {
    if (this.#ended) return;
    this.#ended = new SnowglobeError(sentence);
    this.#failAll();
    this.#channel.close();
    this.#listeners.onClosed?.(sentence);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = new SnowglobeError(`session: the connection ended (${reason}); connect anew.`);
    this.#failAll();
    this.#listeners.onClosed?.(reason);
  }

  #failAll(): void {
    for (const { reject } of [...this.#pending.values(), ...this.#waiting]) reject(this.#ended!);
    this.#pending.clear();
    this.#waiting.length = 0;
  }
}

/** Canvases give objects with more in them than a picture. */
function pictureIn(given: PromptImage | undefined): PromptImage {
  const { width, height, data } = given ?? {};
  return { width, height, data } as PromptImage;
}
