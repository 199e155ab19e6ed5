import { SnowglobeError } from '@snowglobe/graph';
import type { MapPicture } from '@snowglobe/model';
import type { SessionToken } from '../sessions/identity.js';
import type { Frame } from '../world/frame.js';
import type { ImagineOptions, Imagined } from '../world/imagine.js';
import type { PromptImage } from '../world/prompt.js';
import type { LookAheadOptions } from '../world/look_ahead.js';
import type { StepOptions } from '../world/session.js';
import type { StartOptions } from '../world/start_options.js';
import type { Channel } from './channel.js';
import { RemoteWorld } from './client.js';
import type { ConnectRequest, RemoteFrame, RemoteListeners, RemoteStart } from './client_types.js';
import { HeldSession } from './held_session.js';
import type { WorldInfo } from './protocol.js';

/** Where a session is played, and what it does when that place is gone. */
export interface RemoteSessionOptions extends ConnectRequest {
  /** Makes a connection: to one address, or to the next of several. @param attempt counts them, from 0 */
  connect(attempt: number): Channel | Promise<Channel>;
  /** Steps between copies of the session that are asked for; 0: none. Default 240. Where the place keeps the session durably, none is asked for. */
  readonly copyEvery?: number;
  /** Milliseconds without an answer after which a place is given up, or four times the longest that was lately waited. Default 2000. */
  readonly silenceMs?: number;
  /** Milliseconds after which nobody is looked for any more. Default 30,000. */
  readonly patienceMs?: number;
  /** As of a `RemoteWorld`. `onClosed` is told when the session is given up. */
  readonly listeners?: RemoteListeners & {
    /** The session went on over another connection, so long after the old one had failed. */
    onRecovered?(ms: number): void;
  };
}

/** One request, until it is answered. */
interface Job {
  /** Whether it begins a session, so that the one before need not be there. */
  readonly begins: boolean;
  /** Connections that ended while it was the first to be answered. */
  losses: number;
  send(world: RemoteWorld): Promise<unknown>;
  /** What its answer means for the session; in order. */
  settle(answer: never): void;
  reject(error: unknown): void;
}

/** Between attempts to find a place. */
const retryMs = 100;
/** Until a place that is ending has handed the session back. */
const partingMs = 2000;
/** Steps that would be done again, beyond which what a durable place keeps is relied on alone. */
const mostSteps = 1000;
/** Connections that may end over one request before it is what ends them. */
const mostLosses = 8;

/**
 * A session that outlives the place where it is played. It is a `RemoteWorld` whose requests are answered wherever the session can go on: when
 * a connection ends or falls silent, another one is made; the session is taken over there if that place knows it, else begun again from a
 * copy, and what was done since is done again. No frame is lost, and none comes twice.
 */
export class RemoteSession {
  readonly #options: RemoteSessionOptions;
  /** What is not answered, in order, of which the first `#sent` are sent over this connection. */
  readonly #jobs: Job[] = [];
  #sent = 0;
  #world: RemoteWorld | undefined;
  #info!: WorldInfo;
  #held: HeldSession | undefined;
  #token: SessionToken | undefined;
  #isDurable = false;
  /** Steps and ways back that were answered, as the place counts them. */
  #answered = 0;
  #copying: Job | undefined;
  #attempt = 0;
  #leaving = false;
  #ended: SnowglobeError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When something was last heard, and the longest that was lately waited for it. */
  #heard = 0;
  #longest = 0;

  private constructor(options: RemoteSessionOptions) {
    this.#options = options;
  }

  /** @throws SnowglobeError when no place opens the world */
  static async open(options: RemoteSessionOptions): Promise<RemoteSession> {
    const session = new RemoteSession(options);
    await session.#recover();
    if (session.#ended) throw session.#ended;
    return session;
  }

  /** As of a `RemoteWorld`, where it is played now. */
  get info(): WorldInfo {
    return this.#info;
  }

  /** Whether the session outlives its place without a copy of this side. */
  get isDurable(): boolean {
    return this.#isDurable;
  }

  /** As `RemoteWorld.start`. */
  start(options: StartOptions): Promise<RemoteStart> {
    return this.#begin((world) => world.start(options, { keep: true }), { options });
  }

  /** As `RemoteWorld.resume`. */
  resume(saved: Uint8Array): Promise<RemoteStart> {
    return this.#begin((world) => world.resume(saved, { keep: true }), { saved });
  }

  /** As `RemoteWorld.step`. */
  step(action: string | number, options: StepOptions = {}): Promise<RemoteFrame> {
    return this.#ask(
      (world) => world.step(action, options),
      ({ told }) => {
        this.#answered++;
        this.#held?.stepped({ action, told });
        this.#copyIfDue();
      },
    );
  }

  /** As `RemoteWorld.rewind`. */
  rewind(index: number): Promise<RemoteFrame> {
    return this.#ask(
      (world) => world.rewind(index),
      () => {
        this.#answered++;
        this.#held?.wentBack(index);
      },
    );
  }

  /** As `RemoteWorld.map`. */
  map(): Promise<MapPicture | undefined> {
    return this.#ask((world) => world.map());
  }

  /** As `RemoteWorld.imagine`. */
  imagine(text: string, options: ImagineOptions = {}): Promise<Imagined> {
    return this.#ask((world) => world.imagine(text, options));
  }

  /** As `RemoteWorld.lookAhead`. */
  lookAhead(action: string | number, options: LookAheadOptions = {}): Promise<readonly Frame[]> {
    return this.#ask((world) => world.lookAhead(action, options));
  }

  /** As `RemoteWorld.preview`. */
  preview(prompt: PromptImage): Promise<Frame> {
    return this.#ask((world) => world.preview(prompt));
  }

  /** As `RemoteWorld.snapshot`. */
  snapshot(): Promise<Uint8Array> {
    return this.#ask((world) => world.snapshot());
  }

  /** As `RemoteWorld.close`. */
  close(): void {
    this.#end(new SnowglobeError('session: it was closed; connect anew.'));
  }

  #begin(
    send: (world: RemoteWorld) => Promise<RemoteStart>,
    origin: ConstructorParameters<typeof HeldSession>[0],
  ): Promise<RemoteStart> {
    return this.#ask(
      send,
      ({ frame, kept }) => {
        this.#held = new HeldSession(origin, frame.index);
        this.#take(kept, 0);
      },
      true,
    );
  }

  #take(kept: RemoteStart['kept'], answered: number): void {
    this.#token = kept;
    this.#isDurable = kept?.durable ?? false;
    this.#answered = answered;
  }

  /** Asks for a copy of the session as it is after what was asked before. */
  #copyIfDue(): void {
    const { copyEvery = 240 } = this.#options;
    const held = this.#held!;
    if (this.#isDurable && held.sinceCopy > mostSteps) held.forget();
    if (copyEvery === 0 || this.#isDurable || held.sinceCopy < copyEvery || this.#copying) return;
    this.#copying = {
      ...{ begins: false, losses: 0 },
      send: (world) => world.snapshot(),
      settle: (saved) => {
        this.#copying = undefined;
        this.#held!.copied(saved);
      },
      // It may be too large for a message; then the copy before serves.
      reject: () => (this.#copying = undefined),
    };
    this.#jobs.push(this.#copying);
    this.#pump();
  }

  #ask<T>(
    send: (world: RemoteWorld) => Promise<T>,
    settle: (answer: T) => void = () => {},
    begins = false,
  ): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const job: Job = {
        ...{ begins, losses: 0 },
        send,
        settle(answer: never) {
          settle(answer);
          resolve(answer);
        },
        reject,
      };
      this.#jobs.push(job);
      this.#pump();
    });
  }

  /** Sends what is not sent yet. */
  #pump(): void {
    const world = this.#world;
    if (!world || this.#leaving) return;
    if (this.#sent === 0) this.#heard = performance.now();
    while (this.#sent < this.#jobs.length) {
      const job = this.#jobs[this.#sent++]!;
      job.send(world).then(
        (answer) => this.#finish(job, world, () => job.settle(answer as never)),
        // Whoever is cut off is answered in the next place.
        (error: unknown) => !world.ended && this.#finish(job, world, () => job.reject(error)),
      );
    }
    this.#watch();
  }

  #finish(job: Job, world: RemoteWorld, tell: () => void): void {
    if (world !== this.#world) return;
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#sent--;
    tell();
    this.#watch();
  }

  /** A place that says nothing for long is given up: it may be stopped, or cut off. */
  #watch(): void {
    clearTimeout(this.#timer);
    const world = this.#world;
    if (!world || this.#sent === 0) return;
    const silence = performance.now() - this.#heard;
    if (silence >= this.#patienceWith(1)) return this.#lose(world);
    this.#timer = setTimeout(() => this.#watch(), this.#patienceWith(1) - silence + 1);
  }

  #patienceWith(attempts: number): number {
    return Math.max((this.#options.silenceMs ?? 2000) * attempts, 4 * this.#longest);
  }

  #lose(world: RemoteWorld): void {
    if (world !== this.#world) return;
    this.#world = undefined;
    this.#sent = 0;
    this.#leaving = false;
    clearTimeout(this.#timer);
    world.close();
    const [first] = this.#jobs;
    if (first && ++first.losses >= mostLosses) {
      this.#jobs.shift();
      first.reject(world.ended);
    }
    void this.#recover();
  }

  /** Finds a place, until the patience is over. */
  async #recover(): Promise<void> {
    const { patienceMs = 30_000, listeners } = this.#options;
    const since = performance.now();
    let last = '';
    for (let attempts = 1; !this.#ended; attempts++) {
      const world = await this.#openPlace(attempts).catch((error: unknown) => {
        last = (error as Error).message;
        return undefined;
      });
      if (world && !this.#ended) {
        this.#world = world;
        this.#info = world.info;
        if (this.#held) listeners?.onRecovered?.(performance.now() - since);
        this.#pump();
        if (world.ended) this.#lose(world);
        return;
      }
      world?.close();
      if (performance.now() - since > patienceMs) {
        const seconds = (patienceMs / 1000).toFixed(1);
        this.#end(
          new SnowglobeError(
            `session: no place went on with it within ${seconds} s (the last said: ${last}); connect anew when one can be reached.`,
          ),
        );
      } else await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  /** Connects to the next place, and takes the session there. */
  async #openPlace(attempts: number): Promise<RemoteWorld> {
    const { connect, listeners, world: name, executor, codes, frames, decodePng } = this.#options;
    let world: RemoteWorld | undefined;
    const channel = await connect(this.#attempt++);
    this.#heard = performance.now();
    const isCurrent = () => world === undefined || this.#world === undefined || world === this.#world;
    const heard: Channel = {
      ...channel,
      onMessage: (listener) =>
        channel.onMessage((message) => {
          const now = performance.now();
          // One that was slow for a moment is not waited for as long ever after.
          if (isCurrent() && this.#sent > 0)
            this.#longest = Math.max(0.95 * this.#longest, now - this.#heard);
          if (isCurrent()) this.#heard = now;
          listener(message);
        }),
    };
    const guard = setInterval(() => {
      if (performance.now() - this.#heard > this.#patienceWith(attempts)) channel.close();
    }, retryMs);
    try {
      const request = { world: name, executor, ...(codes !== undefined && { codes }) };
      const more = { ...(frames && { frames }), ...(decodePng && { decodePng }) };
      world = await RemoteWorld.connect(
        heard,
        { ...request, ...more },
        {
          ...listeners,
          onDurable: (durable) => {
            this.#isDurable = durable;
            listeners?.onDurable?.(durable);
          },
          onLeaving: () => this.#leave(world!),
          onClosed: () => world && this.#lose(world),
        },
      );
      await this.#restoreIn(world, attempts);
      return world;
    } catch (error) {
      channel.close();
      throw error;
    } finally {
      clearInterval(guard);
    }
  }

  async #restoreIn(world: RemoteWorld, attempts: number): Promise<void> {
    const held = this.#held;
    // What is asked for next takes its place.
    if (!held || this.#jobs[0]?.begins) return;
    let refused: unknown = new SnowglobeError('session: no copy of it is left; start a new one.');
    if (this.#token) {
      try {
        const { frame, kept } = await world.rejoin(this.#token, this.#answered);
        if (frame.index !== held.index) {
          throw new SnowglobeError(
            `session: it is at frame ${frame.index}, not ${held.index}; start a new one.`,
          );
        }
        return this.#take(kept, this.#answered);
      } catch (error) {
        // What a store keeps that one place cannot reach, the next one may.
        if (world.ended || (this.#isDurable && attempts === 1)) throw error;
        refused = error;
      }
    }
    const again = await held.restoreIn(world);
    if (!again) throw refused;
    this.#take(again.start.kept, again.operations);
  }

  /** Hands the session back to a place that is ending. */
  #leave(world: RemoteWorld): void {
    if (world !== this.#world) return;
    this.#leaving = true;
    const parting = new Promise((resolve) => setTimeout(resolve, partingMs));
    void Promise.race([world.leave().catch(() => {}), parting]).then(() => this.#lose(world));
    this.#options.listeners?.onLeaving?.();
  }

  #end(error: SnowglobeError): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#timer);
    this.#world?.close();
    for (const job of this.#jobs.splice(0)) job.reject(error);
    if (this.#held) this.#options.listeners?.onClosed?.(error.message);
  }
}
