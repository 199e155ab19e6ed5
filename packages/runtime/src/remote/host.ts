import { SnowglobeError } from '@snowglobe/graph';
import { isSnowglobeError } from '@snowglobe/graph/internal';
import type { ExecutorReport } from '../world/executor_choice.js';
import type { Frame } from '../world/frame.js';
import type { PromptImage } from '../world/prompt.js';
import type { KeptSession, SessionKeeper } from '../sessions/keeper.js';
import { decodeSession, encodeSession, restoreSession } from '../sessions/saved.js';
import { SessionInterrupted, refusals } from '../sessions/store.js';
import { lookAhead } from '../world/look_ahead.js';
import { Timeline } from '../world/timeline.js';
import type { World } from '../world/world.js';
import type { Priority } from '../placing/place.js';
import type { Channel } from './channel.js';
import type { OpenRequest, Reply, Request, WorldProgress } from './protocol.js';
import type { EncodePng, FrameFormat } from './pixels.js';
import { pixelsFor } from './pixels.js';
import { bytesOf, protocolVersion, readRequest, samplingMessage } from './protocol.js';
import { refusedRequests, textLengths, waitingRequests } from './sizes.js';
import { worldInfo } from './world_info.js';

/** A world that a connection may play; `release` when it ends. */
export interface OpenedWorld {
  readonly world: World;
  readonly executors: readonly ExecutorReport[];
  /** Called once, when the channel has ended and its session is closed. */
  release(): Promise<void>;
}

/** Which worlds the other end of a channel may play. */
export interface HostOptions {
  /** @throws SnowglobeError when there is no such world here */
  open(request: OpenRequest, onProgress: (progress: WorldProgress) => void): Promise<OpenedWorld>;
  /** Keeps the sessions whose players ask for it; default: none are kept. */
  readonly keeper?: SessionKeeper | undefined;
  /** The largest message that the channel lets through, see `messageBytes`; default: any. */
  readonly messageBytes?: number;
  /** Told of failures that are no fault of the other side. */
  onBug?(error: unknown): void;
  /** Writes the frames of those who ask for PNG; default: they are told that there are none. */
  readonly encodePng?: EncodePng;
  /** Asked before a session begins. @returns the sentence that refuses it, or undefined */
  admit?(prompt: GivenPrompt): string | undefined | Promise<string | undefined>;
  /** Of the sessions that are played; default `interactive`. */
  readonly priority?: Priority | undefined;
  /** Told what is played, for logs and metrics. */
  observe?(event: HostEvent): void;
}

/** What somebody wants to begin with: a text, a picture, or the picture of a session that is carried on. */
export interface GivenPrompt {
  readonly picture?: PromptImage | undefined;
  readonly text?: string | undefined;
}

/** What happens at a host. */
export type HostEvent =
  | { readonly what: 'open' | 'start' | 'resume'; readonly world: string }
  /** A frame was drawn in `stepMs` and sent `answerMs` after it was asked for, in a world that shows one each `periodMs`. */
  | {
      readonly what: 'frame';
      readonly stepMs: number;
      readonly answerMs: number;
      readonly periodMs: number;
    }
  /** A request was answered with a sentence. */
  | { readonly what: 'refusal'; readonly request: string; readonly sentence: string }
  /** The session went on on another device: the one before was lost, or did not keep up. */
  | { readonly what: 'move'; readonly kind: string; readonly device: string };
/** The end of a channel at which a world is played. */
export interface WorldHost {
  /** Asks the other end to go on elsewhere: this place is ending. @returns whether it has a session that is kept, and will leave by itself */
  leave(): boolean;
}

/** Frames that one request may ask for: others wait meanwhile. */
const mostSteps = 1000;
/** Between signs of life of what takes long, in ms. */
const tellEvery = 500;

/**
 * Plays a world for the other end of a channel, until the channel closes. What makes no sense is answered with a sentence; who
 * goes on sending without waiting for answers is cut off. Nothing that it sends can do more.
 */
export function hostWorld(
  channel: Channel,
  { open, keeper, messageBytes: largest = Infinity, onBug, encodePng, admit, observe, priority }: HostOptions,
): WorldHost {
  let opened: OpenedWorld | undefined;
  let timeline: Timeline | undefined;
  let kept: KeptSession | undefined;
  /** The one before: whoever did not hear of the new one may come back to it. */
  let former: KeptSession | undefined;
  let wasDurable = false;
  let announced = '';
  let hasStepped = false;
  let name = '';
  let format: FrameFormat = 'rgba';
  let lastId = 0;
  let waiting = 0;
  let waitingBytes = 0;
  /** Requests and refusals that are not answered yet. */
  let owed = 0;
  let closed = false;
  /** Aborted when the other side has gone. */
  const leaving = new AbortController();
  let queue: Promise<void> = Promise.resolve();

  const send = (reply: Reply, transfer?: ArrayBuffer[]): void => {
    if (!closed) channel.send(reply, transfer);
  };
  const world = (): World => {
    if (!opened) throw new SnowglobeError('session: no world is open; open one first.');
    return opened.world;
  };
  const playing = (): Timeline => {
    if (!timeline) throw new SnowglobeError('session: nothing is being played; start with a prompt first.');
    return timeline;
  };
  const plain = ({ codes, readouts, rgba, ...rest }: Frame) => ({
    ...rest,
    ...pixelsFor(format, { ...rest, rgba }, encodePng),
    ...(readouts && { readouts: { ...readouts } }),
    ...(codes && { codes: [...codes] }),
  });
  const sendFrame = (id: number, frame: Frame): void =>
    send({ type: 'frame', id, frame: plain(frame), oldest: playing().oldest }, [
      frame.rgba.buffer as ArrayBuffer,
    ]);
  /** A frame that was not stepped to, with its codes where they are wanted. */
  const withCodes = async (frame: Frame, wanted: boolean | undefined): Promise<Frame> =>
    wanted === true && world().tiles ? { ...frame, codes: await playing().codes() } : frame;
  /** @throws SnowglobeError where whoever runs this host does not want it */
  const askFor = async (prompt: GivenPrompt): Promise<void> => {
    const refused = await admit?.(prompt);
    if (refused !== undefined) throw new SnowglobeError(refused);
  };
  const begin = async (
    id: number,
    next: { readonly timeline: Timeline; readonly frame: Frame; readonly kept?: KeptSession | undefined },
    wanted: boolean | undefined,
  ): Promise<void> => {
    // One session at a time.
    void timeline?.close();
    await former?.journal.drop();
    await kept?.journal.release();
    former = kept;
    ({ timeline, kept } = next);
    hasStepped = false;
    wasDurable = kept?.journal.isDurable ?? false;
    send({
      ...{ type: 'playing', id, frame: plain(await withCodes(next.frame, wanted)) },
      draw: samplingMessage(timeline.sampling),
      ...(kept && { kept: { session: kept.session, token: kept.token, durable: wasDurable } }),
    });
  };
  /** Says that it is alive while something takes long, to those who would look for another place. */
  const working = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setInterval(() => send({ type: 'progress', progress: { what: 'prepare' } }), tellEvery);
    return work.finally(() => clearInterval(timer));
  };
  /** Begins with a session that nobody has played yet. */
  const beginNew = async (
    id: number,
    next: { readonly timeline: Timeline; readonly frame: Frame },
    { codes, keep }: { readonly codes?: boolean | undefined; readonly keep?: boolean | undefined },
  ): Promise<void> => {
    if (keep !== true || !keeper) return begin(id, next, codes);
    const asKept = keeper.keep(world(), next.timeline, waitingRequests);
    asKept.catch(() => next.timeline.close());
    return begin(id, { ...next, kept: await asKept }, codes);
  };
  /** Says whether the session outlives this place, when that has changed. */
  const tellDurability = (): void => {
    const durable = kept?.journal.isDurable ?? false;
    if (durable !== wasDurable) send({ type: 'durable', durable });
    wasDurable = durable;
  };
  /** Says where the session runs now, when it was moved. */
  const tellMove = (): void => {
    const { kind, device } = playing().executor;
    if (announced !== `${kind} ${device}`) {
      announced = `${kind} ${device}`;
      send({ type: 'moved', executor: { kind, device } });
      // One that has just begun was placed, and not moved.
      if (hasStepped) observe?.({ what: 'move', kind, device });
    }
    hasStepped = true;
  };

  /** @param since when it arrived, of `performance.now()` */
  async function answer(request: Request, since: number): Promise<void> {
    const { id } = request;
    switch (request.type) {
      case 'open': {
        if (opened)
          throw new SnowglobeError('session: a world is open already; connect anew for another one.');
        const wantsPng = request.frames === 'png';
        if (wantsPng && !encodePng)
          throw new SnowglobeError(`open: this side writes no PNG; ask for frames as 'rgb' or 'rgba'.`);
        opened = await working(open(request, (progress) => send({ type: 'progress', progress })));
        name = request.world;
        format = request.frames ?? 'rgba';
        observe?.({ what: 'open', world: name });
        const info = worldInfo(opened.world, opened.executors);
        announced = `${info.executor.kind} ${info.executor.device}`;
        return send({
          ...{ type: 'opened', id, protocol: protocolVersion, info },
          ...(largest < Infinity && { messageBytes: largest }),
        });
      }
      case 'start': {
        const { seed, temperature, certainty, end, prompt, text } = request;
        await askFor({ picture: prompt, text });
        const session = await world().start({
          ...{ prompt, text, priority },
          ...(seed !== undefined && { seed }),
          ...(temperature !== undefined && { temperature }),
          ...(certainty !== undefined && { confidenceThreshold: certainty }),
          ...(end && { end }),
        });
        observe?.({ what: 'start', world: name });
        return beginNew(id, { timeline: new Timeline(session), frame: session.first }, request);
      }
      case 'resume': {
        const saved = await decodeSession(Uint8Array.from(request.saved));
        if (saved.steps.length > mostSteps) {
          throw new SnowglobeError(
            `resume: ${saved.steps.length} frames since its state are more than the ${mostSteps} that are sampled in one request; send its state, and then the steps.`,
          );
        }
        const restored = await restoreSession(world(), saved, { priority, signal: leaving.signal });
        const { width, height, rgba: data } = restored.frame;
        await askFor({ picture: { width, height, data } }).catch(async (error: unknown) => {
          await restored.timeline.close();
          throw error;
        });
        observe?.({ what: 'resume', world: name });
        return beginNew(id, restored, request);
      }
      case 'rejoin': {
        if (!keeper) throw refusals.unknown();
        const asker = { answered: request.answered, unseen: waitingRequests, signal: leaving.signal };
        const rejoined = await working(keeper.rejoin(world(), request, asker));
        observe?.({ what: 'resume', world: name });
        return begin(id, rejoined, request.codes);
      }
      case 'leave':
        await kept?.journal.settle();
        await kept?.journal.release();
        kept = undefined;
        return send({ type: 'left', id });
      case 'step': {
        const { action, tell, codes, answered = 0 } = request;
        kept?.journal.saw(answered);
        const frame = await (kept?.journal ?? playing()).step(action, { tell, codes: codes === true });
        tellMove();
        tellDurability();
        sendFrame(id, frame);
        const answerMs = performance.now() - since;
        const periodMs = 1000 / world().metadata.config.fps;
        return observe?.({ what: 'frame', stepMs: frame.ms, answerMs, periodMs });
      }
      case 'rewind': {
        const frame = await (kept?.journal ?? playing()).rewind(request.index);
        tellDurability();
        return sendFrame(id, await withCodes(frame, request.codes));
      }
      case 'map': {
        const map = await playing().map();
        return send({ type: 'map', id, ...(map && { map }) });
      }
      case 'imagine': {
        const { text, candidates, seed } = request;
        const { frames, holds, clauses, remark } = await world().imagine(text, { candidates, seed });
        return send({
          ...{ type: 'imagined', id, frames: frames.map(plain), clauses: [...clauses], remark },
          holds: holds.map((each) => [...each]),
        });
      }
      case 'ahead': {
        const frames = await lookAhead(world(), playing(), request.action, request, priority);
        return send({ type: 'ahead', id, frames: frames.map(plain) });
      }
      case 'preview':
        return send({ type: 'preview', id, frame: plain(world().preview(request.prompt)) });
      case 'snapshot':
        return send({
          ...{ type: 'snapshot', id },
          saved: await encodeSession(await playing().saved(), world().checksum),
        });
    }
  }

  const fail = (id: number | undefined, message: string): void =>
    send({
      type: 'failed',
      ...(id !== undefined && { id }),
      message: message.slice(0, textLengths.sentence),
    });

  /** Answers in order, at the pace of the other side's reading. */
  function enqueue(work: () => void | Promise<void>): void {
    owed++;
    queue = queue.then(async () => {
      try {
        await channel.drained();
        if (!closed) await work();
      } catch (error) {
        onBug?.(error);
      }
      owed--;
    });
  }

  function accept(request: Request): void {
    const bytes = bytesOf(request);
    const since = performance.now();
    waiting++;
    waitingBytes += bytes;
    enqueue(async () => {
      try {
        await answer(request, since);
      } catch (error) {
        // It is not answered: whoever asked it asks again where the session goes on.
        if (error instanceof SessionInterrupted) return channel.close(error.message);
        if (!isSnowglobeError(error)) onBug?.(error);
        else observe?.({ what: 'refusal', request: request.type, sentence: error.message });
        fail(request.id, sentenceOf(error));
      } finally {
        waiting--;
        waitingBytes -= bytes;
      }
    });
  }

  /** Why a request cannot be taken at the moment. */
  function refusalOf(request: Request): string | undefined {
    if (request.id <= lastId)
      return `session: a request numbered ${request.id} came after ${lastId}; count up.`;
    if (waiting >= waitingRequests) {
      return `session: ${waitingRequests} requests wait already, the most that are kept; wait for their answers.`;
    }
    if (waitingBytes > 0 && waitingBytes + bytesOf(request) > largest) {
      return `session: the pictures and states that wait are too many to keep; wait for their answers.`;
    }
    return undefined;
  }

  channel.onMessage((message) => {
    if (closed) return;
    if (owed >= waitingRequests + refusedRequests) {
      closed = true;
      return channel.close(`more than ${waitingRequests} requests wait, and more keep coming`);
    }
    const request = readRequest(message);
    if ('refused' in request) return enqueue(() => fail(request.id, request.refused));
    const refused = refusalOf(request);
    lastId = Math.max(lastId, request.id);
    if (refused === undefined) accept(request);
    else enqueue(() => fail(request.id, refused));
  });
  channel.onClose(() => {
    closed = true;
    leaving.abort(refusals.left());
    queue = queue.then(async () => {
      await kept?.journal.release().catch((error: unknown) => onBug?.(error));
      kept = undefined;
      await timeline?.close();
      timeline = undefined;
      await opened?.release();
      opened = undefined;
    });
    queue.catch((error: unknown) => onBug?.(error));
  });
  return {
    leave() {
      send({ type: 'leaving' });
      return kept !== undefined;
    },
  };
}

function sentenceOf(error: unknown): string {
  if (isSnowglobeError(error)) return error.message;
  return `the world failed unexpectedly: ${error instanceof Error ? error.message : String(error)}; start again.`;
}
