import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SnowglobeError } from '@snowglobe/graph';
import { decodeImage, encodePng, toRgb } from '@snowglobe/media';
import type { Channel, PromptImage, WorldInfo } from '@snowglobe/runtime';
import { promptSide, protocolVersion, socketDrained } from '@snowglobe/runtime/internal';
import type { WebSocket } from 'ws';
import type { WorldPool } from '../world_pool.js';
import type { EnvErrorCode, EnvReset } from './messages.js';
import { envError, readEnvMessage } from './messages.js';

/** Messages that wait for their answers, at most: who sends more is cut off, as at a host. */
const mostWaiting = 128;
/** Bytes that may wait for a client to read them before it is cut off: a frame as a list of numbers is about 45 kB. */
const mostUnread = 8 * 2 ** 20;
const policyViolation = 1008;
const maxPixels = promptSide ** 2;

/** What the host said, as far as it matters here. */
interface HostReply {
  readonly type: string;
  readonly id?: number;
  readonly info?: WorldInfo;
  readonly message?: string;
  readonly frame?: HostFrame;
  readonly draw?: { readonly seed: number };
}
interface HostFrame {
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray;
  readonly readouts?: Readonly<Record<string, number>>;
  readonly told?: string;
  readonly ended?: true;
}

/** How a session's frames are answered. */
interface Episode {
  readonly id: string | null;
  readonly observation: 'png' | 'rgb';
  readonly reward: string | undefined;
}

/** A message that waits for its answer: from the host, or for those before it. */
type Waiting = { readonly id: number; readonly episode?: Episode } | { say(): object };

/**
 * Speaks OpenEnv's JSON with a client, and what hosts understand with a host: `reset` becomes `open` and `start`, `step` remains `step`.
 * Answers come in the order of the messages.
 */
export function envChannel(socket: WebSocket, pool: WorldPool): Channel {
  const session = new EnvSession(socket, pool);
  return {
    send: (reply) => session.answer(reply as HostReply),
    drained: () => socketDrained(socket),
    onMessage: (listener) => session.listen(listener),
    onClose(listener) {
      socket.on('close', (code, reason) =>
        listener(reason.toString() || (code === 1000 ? 'it was closed' : `${code}`)),
      );
    },
    close: (reason) => session.end(reason),
  };
}

class EnvSession {
  readonly #socket: WebSocket;
  readonly #pool: WorldPool;
  /** Messages that were not read yet, while a world opens. */
  readonly #unread: unknown[] = [];
  readonly #waiting: Waiting[] = [];
  #ask: (request: object) => void = () => {};
  #lastId = 0;
  #opening: EnvReset | undefined;
  #world = '';
  #info: WorldInfo | undefined;
  #episode: Episode | undefined;
  #seed = 0;
  #last: HostFrame | undefined;

  constructor(socket: WebSocket, pool: WorldPool) {
    this.#socket = socket;
    this.#pool = pool;
  }

  listen(ask: (request: object) => void): void {
    this.#ask = ask;
    this.#socket.on('message', (data: Buffer, isBinary) => {
      if (this.#waiting.length + this.#unread.length >= mostWaiting) {
        return this.end(`more than ${mostWaiting} messages wait, and more keep coming`);
      }
      this.#unread.push(isBinary ? data : data.toString('utf8'));
      this.#readOn();
    });
  }

  end(reason = ''): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#unread.length = 0;
    if (reason !== '') this.#send(envError('SESSION_ERROR', `session: ${reason}; connect anew.`));
    this.#socket.close(reason === '' ? 1000 : policyViolation, reason);
  }

  #readOn(): void {
    while (!this.#opening && this.#unread.length > 0) this.#read(this.#unread.shift());
  }

  #read(data: unknown): void {
    const message = readEnvMessage(data);
    if ('refused' in message) return this.#refuse(message.code, message.refused);
    switch (message.type) {
      case 'reset': {
        if (this.#info) return this.#start(message.data);
        this.#world = message.data.world ?? this.#pool.names[0] ?? '';
        this.#opening = message.data;
        return this.#ask({ type: 'open', id: ++this.#lastId, protocol: protocolVersion, world: this.#world });
      }
      case 'step': {
        if (!this.#info) return this.#refuse('SESSION_ERROR', 'step: nothing is being played; reset first.');
        const { action, tell } = message.data;
        this.#waiting.push({ id: ++this.#lastId });
        return this.#ask({ type: 'step', id: this.#lastId, action, ...(tell != null && { tell }) });
      }
      case 'state':
        this.#waiting.push({ say: () => this.#state() });
        return this.#sayDue();
      case 'close':
        return this.end();
    }
  }

  /** What the host answers. */
  answer(reply: HostReply): void {
    const opening = this.#opening;
    if (opening && (reply.type === 'opened' || reply.type === 'failed')) {
      this.#opening = undefined;
      this.#info = reply.info;
      if (reply.info) this.#start(opening);
      else this.#refuse('EXECUTION_ERROR', reply.message!);
      return this.#readOn();
    }
    const [next] = this.#waiting;
    if (!next || !('id' in next) || reply.id !== next.id) return;
    this.#waiting.shift();
    if (reply.type === 'failed') this.#send(envError('EXECUTION_ERROR', reply.message!));
    else if (reply.frame) this.#send(this.#observation(reply, next.episode));
    this.#sayDue();
  }

  #start(given: EnvReset): void {
    const { world, reward, text, temperature, confidence_threshold: certainty } = given;
    const { readouts = [] } = this.#info!;
    if (world !== undefined && world !== this.#world) {
      const sentence = `reset: this connection plays '${this.#world}'; connect anew for '${world}'.`;
      return this.#refuse('VALIDATION_ERROR', sentence);
    }
    if (reward != null && !readouts.some(({ name }) => name === reward)) {
      const names = readouts.map(({ name }) => name).join(', ');
      const sentence = `reset: '${this.#world}' tells no '${reward}'; for a reward it has ${names || 'no numbers'}.`;
      return this.#refuse('VALIDATION_ERROR', sentence);
    }
    const seed = given.seed ?? randomInt(2 ** 31);
    let prompt: PromptImage | undefined;
    try {
      const { width, height, data } = this.#prompt(given, seed) ?? {};
      if (data) prompt = { width: width!, height: height!, data };
    } catch (error) {
      if (!(error instanceof SnowglobeError)) throw error;
      return this.#refuse('VALIDATION_ERROR', error.message);
    }
    const { observation = 'png', episode_id: id = null } = given;
    this.#waiting.push({ id: ++this.#lastId, episode: { id, observation, reward: reward ?? undefined } });
    this.#ask({
      ...{ type: 'start', id: this.#lastId, seed },
      ...(prompt && { prompt }),
      ...(text != null && { text }),
      ...(temperature != null && { temperature }),
      ...(certainty != null && { certainty }),
    });
  }

  /** @throws SnowglobeError for what is no picture, and of a world without prompts of its own */
  #prompt({ prompt, text }: EnvReset, seed: number): PromptImage | undefined {
    if (prompt != null) return decodeImage(Buffer.from(prompt, 'base64'), 'reset: the prompt', { maxPixels });
    if (text != null) return undefined;
    const own = this.#pool.promptsOf(this.#world);
    const path = own[seed % own.length];
    if (path !== undefined) return decodeImage(readFileSync(path), path);
    throw new SnowglobeError(`reset: '${this.#world}' has no prompts of its own; give a prompt.`);
  }

  /** @param begun the episode that the frame is the first of */
  #observation({ frame, draw }: HostReply, begun: Episode | undefined): object {
    const { index, width, height, rgba, readouts, told, ended = false } = frame!;
    if (begun) {
      this.#episode = begun;
      this.#seed = draw!.seed;
    }
    const { observation: encoding, reward } = this.#episode!;
    const before = this.#last;
    this.#last = frame;
    const image = toRgb({ width, height, channels: 4, data: new Uint8Array(rgba) });
    const screen =
      encoding === 'png' ? Buffer.from(encodePng(image)).toString('base64') : Array.from(image.data);
    // After an end the game is another one, whose numbers say nothing of what was done.
    const counts = reward !== undefined && before !== undefined && !before.ended;
    const rose = counts ? (readouts?.[reward] ?? 0) - (before.readouts?.[reward] ?? 0) : 0;
    return {
      type: 'observation',
      data: {
        observation: {
          ...{ screen, encoding, screen_shape: [height, width, 3], index },
          ...(readouts && { readouts }),
          ...(told !== undefined && { told }),
        },
        reward: begun ? null : rose,
        done: ended,
      },
    };
  }

  #state(): object {
    const { actions, fps, width, height, readouts = [], events } = this.#info ?? {};
    if (!this.#episode || !actions)
      return envError('SESSION_ERROR', 'state: nothing is being played; reset first.');
    return {
      type: 'state',
      data: {
        ...{
          episode_id: this.#episode.id,
          step_count: this.#last!.index,
          world: this.#world,
          seed: this.#seed,
        },
        ...{ actions, fps, width, height, readouts: readouts.map(({ name }) => name), events },
      },
    };
  }

  #refuse(code: EnvErrorCode, sentence: string): void {
    this.#waiting.push({ say: () => envError(code, sentence) });
    this.#sayDue();
  }

  /** Says what waits for nothing any more. */
  #sayDue(): void {
    for (let next = this.#waiting[0]; next && 'say' in next; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#send(next.say());
    }
  }

  #send(message: object): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > mostUnread) return this.#socket.terminate();
    this.#socket.send(JSON.stringify(message));
  }
}
