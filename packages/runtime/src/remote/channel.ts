import { decodeMessage, encodeMessage } from './msgpack.js';

/** A way for messages to another thread or another machine. Messages arrive in order, whole, or not at all. */
export interface Channel {
  /**
   * @param transfer buffers that the message gives away, where it stays on this machine
   * @throws Error for what cannot be sent at all
   */
  send(message: object, transfer?: ArrayBuffer[]): void;
  /** Waits until most of what was sent is on its way: a reader that does not read must not fill this side's memory. */
  drained(): Promise<void>;
  /** What cannot be decoded is passed on to nobody: it ends the channel, on both sides. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, with the reason in words; at once where the channel has ended already. */
  onClose(listener: (reason: string) => void): void;
  /** Ends the channel on both sides. A second call does nothing. */
  close(reason?: string): void;
}

const wasClosed = 'it was closed';

/** Listeners for an end that comes once. */
class Ending {
  readonly #listeners: ((reason: string) => void)[] = [];
  #reason: string | undefined;

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason);
  }

  listen(listener: (reason: string) => void): void {
    this.#listeners.push(listener);
    const reason = this.#reason;
    if (reason !== undefined) queueMicrotask(() => listener(reason));
  }
}

/** What a worker, its own global scope and a message port have in common. */
export interface Port {
  /** Sends a message; the buffers that are named go with it. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Listens to messages and to its end. */
  addEventListener(
    type: 'message' | 'messageerror' | 'close' | 'error',
    listener: (event: Event) => void,
  ): void;
  /** Of message ports alone: delivers what waits. */
  start?(): void;
  /** Of message ports and a worker’s own scope: ends it. */
  close?(): void;
  /** Of workers alone: ends it. */
  terminate?(): void;
}

/** Ports have no word for the end: the last message says it. */
const farewell = 'snowglobe: the end';

/** Messages to and from a worker. A worker that fails to start closes the channel. */
export function portChannel(port: Port): Channel {
  const ending = new Ending();
  const end = (reason: string): void => {
    if (ending.isOver) return;
    (port.terminate ?? port.close)?.call(port);
    ending.end(reason);
  };
  port.addEventListener('error', (event) =>
    end(`the worker failed: ${(event as ErrorEvent).message || 'its script did not load'}`),
  );
  port.addEventListener('messageerror', () => end('a message could not be read'));
  port.addEventListener('close', () => end(wasClosed));
  return {
    send(message, transfer = []) {
      if (!ending.isOver) port.postMessage(message, transfer);
    },
    // Both ends share their memory, and the page is its own reader.
    drained: async () => {},
    onMessage(listener) {
      port.addEventListener('message', (event) => {
        const { data } = event as MessageEvent<unknown>;
        if (ending.isOver) return;
        if (Array.isArray(data) && data[0] === farewell) end(String(data[1]));
        else listener(data);
      });
      port.start?.();
    },
    onClose: (listener) => ending.listen(listener),
    close(reason = wasClosed) {
      if (ending.isOver) return;
      port.postMessage([farewell, reason], []);
      end(reason);
    },
  };
}

/** The part of WebSocket that browsers and npm's `ws` share. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** Sends a message; throws where it is not open yet. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Ends the connection with a code of RFC 6455 and a reason. */
  close(code?: number, reason?: string): void;
  /** Listens to `open`, `message`, `error` and `close`; what an event is, the two declare in ways that fit nothing in common. */
  addEventListener(type: string, listener: (event: any) => void): void;
}

const connecting = 0;
const open = 1;
const closed = 3;
/** Codes of WebSocket (RFC 6455, 7.4.1): ends that are nobody's fault, messages that make no sense, too large ones. */
const normalClosure = 1000;
const policyViolation = 1008;
const tooBig = 1009;
/** Bytes that may wait to be sent, sixty frames of the default world, and how often that is looked at, in ms. */
const mostBuffered = 1_000_000;
const lookEvery = 20;
/** What a close frame has room for. */
const maxReasonBytes = 120;

/** Waits until a socket's other end has taken most of what was sent. */
export async function socketDrained(socket: Pick<Socket, 'readyState' | 'bufferedAmount'>): Promise<void> {
  // Sockets have no event for it.
  while (socket.readyState === open && socket.bufferedAmount > mostBuffered) {
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
  }
}

/** Messages over a WebSocket, as MessagePack. */
export function socketChannel(socket: Socket): Channel {
  socket.binaryType = 'arraybuffer';
  const ending = new Ending();
  const waiting: object[] = [];
  let over = false;
  const write = (message: object): void => socket.send(encodeMessage(message));
  const close = (reason?: string): void => {
    over = true;
    socket.close(reason === undefined ? normalClosure : policyViolation, clip(reason ?? ''));
  };
  socket.addEventListener('open', () => waiting.splice(0).forEach(write));
  // Whatever it is, the end comes after it; and in Node nobody may be without a listener.
  socket.addEventListener('error', () => {});
  socket.addEventListener('close', ({ reason, code }: { reason: string; code: number }) =>
    ending.end(reason || wordsFor(code)),
  );
  if (socket.readyState === closed) ending.end(wasClosed);
  return {
    send(message) {
      if (socket.readyState === connecting) waiting.push(message);
      else if (socket.readyState === open) write(message);
    },
    drained: () => socketDrained(socket),
    onMessage(listener) {
      socket.addEventListener('message', ({ data }: { data: unknown }) => {
        if (over) return;
        let message: unknown;
        try {
          if (!(data instanceof ArrayBuffer)) throw new Error('it is a text, not MessagePack');
          message = decodeMessage(new Uint8Array(data));
        } catch (error) {
          const reason = `a message cannot be read: ${(error as Error).message}`;
          close(reason);
          return ending.end(reason);
        }
        listener(message);
      });
    },
    onClose: (listener) => ending.listen(listener),
    close,
  };
}

function wordsFor(code: number): string {
  if (code === normalClosure) return wasClosed;
  if (code === tooBig) return 'a message was larger than the other side takes';
  return `the connection broke (${code})`;
}

/** As much of a text as a close frame has room for. */
function clip(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxReasonBytes) return text;
  // A character that is cut in two is left out.
  return new TextDecoder().decode(bytes.subarray(0, maxReasonBytes - 3)).replace(/\ufffd*$/, '…');
}
