import { decode, encode } from '@msgpack/msgpack';

/** A way for messages to another thread or another machine. Messages arrive in order, whole, or not at all. */
export interface Channel {
  /** @param transfer buffers that the message gives away, where it stays on this machine */
  send(message: object, transfer?: Transferable[]): void;
  /** Waits until most of what was sent is on its way: a reader that does not read must not fill this side's memory. */
  drained(): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, with the reason in words where there is one. */
  onClose(listener: (reason: string) => void): void;
  close(reason?: string): void;
}

/** What a worker, its own global scope and a message port have in common. */
interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: Event) => void): void;
  start?(): void;
  close?(): void;
  terminate?(): void;
}

/** Messages to and from a worker. A worker that fails to start closes the channel. */
export function portChannel(port: Port): Channel {
  let closed = false;
  const closeListeners: ((reason: string) => void)[] = [];
  const end = (reason: string): void => {
    if (closed) return;
    closed = true;
    (port.terminate ?? port.close)?.call(port);
    for (const listener of closeListeners) listener(reason);
  };
  port.addEventListener('error', (event) =>
    end(`the worker failed: ${(event as ErrorEvent).message ?? 'its script did not load'}`),
  );
  // Workers have no such event: they end with the page that started them.
  port.addEventListener('close', () => end('it was closed'));
  return {
    send(message, transfer = []) {
      if (!closed) port.postMessage(message, transfer);
    },
    // Both ends share their memory, and the page is its own reader.
    drained: async () => {},
    onMessage(listener) {
      port.addEventListener('message', (event) => listener((event as MessageEvent<unknown>).data));
      port.start?.();
    },
    onClose: (listener) => void closeListeners.push(listener),
    close: (reason = 'it was closed') => end(reason),
  };
}

/** The part of WebSocket that browsers and npm's `ws` share. */
interface Socket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // What an event is, the two declare in ways that fit nothing in common.
  addEventListener(type: string, listener: (event: any) => void): void;
}

const connecting = 0;
const open = 1;
/** WebSocket's code for ends that are nobody's fault, and for messages that make no sense. */
const normalClosure = 1000;
const policyViolation = 1008;
/** Bytes that may wait to be sent, sixty frames of the default world, and how often that is looked at, in ms. */
const mostBuffered = 1_000_000;
const lookEvery = 20;
/** What a close frame has room for. */
const maxReasonBytes = 120;

/** Messages over a WebSocket, as MessagePack. What cannot be decoded is passed on as undefined, for the host to refuse. */
export function socketChannel(socket: Socket): Channel {
  socket.binaryType = 'arraybuffer';
  const waiting: object[] = [];
  const write = (message: object): void => socket.send(encode(message));
  socket.addEventListener('open', () => waiting.splice(0).forEach(write));
  return {
    send(message) {
      if (socket.readyState === connecting) waiting.push(message);
      else if (socket.readyState === open) write(message);
    },
    async drained() {
      // Sockets have no event for it.
      while (socket.readyState === open && socket.bufferedAmount > mostBuffered) {
        await new Promise((resolve) => setTimeout(resolve, lookEvery));
      }
    },
    onMessage(listener) {
      socket.addEventListener('message', ({ data }: { data: unknown }) => listener(decodeMessage(data)));
    },
    onClose(listener) {
      socket.addEventListener('close', ({ reason, code }: { reason: string; code: number }) =>
        listener(reason || (code === normalClosure ? 'it was closed' : `the connection broke (${code})`)),
      );
    },
    close(reason) {
      const text = new TextEncoder().encode(reason ?? '').length > maxReasonBytes ? '' : reason;
      socket.close(reason === undefined ? normalClosure : policyViolation, text);
    },
  };
}

function decodeMessage(data: unknown): unknown {
  if (!(data instanceof ArrayBuffer)) return undefined;
  try {
    return decode(data);
  } catch {
    return undefined;
  }
}
