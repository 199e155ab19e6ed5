import { MessageChannel } from 'node:worker_threads';
import type { Channel } from '../channel.js';
import { portChannel, socketChannel } from '../channel.js';

/** Two ends of a WebSocket without a network. */
export function socketPair(stuck?: (end: { bufferedAmount: number }) => void): [Channel, Channel] {
  class End extends EventTarget {
    binaryType = '';
    readyState = 1;
    bufferedAmount = 0;
    other!: End;
    send(data: Uint8Array): void {
      const copy = Uint8Array.from(data).buffer;
      setTimeout(() => this.other.dispatchEvent(Object.assign(new Event('message'), { data: copy })));
    }
    close(code = 1000, reason = ''): void {
      for (const end of [this, this.other]) {
        if (end.readyState === 3) continue;
        end.readyState = 3;
        setTimeout(() => end.dispatchEvent(Object.assign(new Event('close'), { code, reason })));
      }
    }
  }
  const [a, b] = [new End(), new End()];
  [a.other, b.other] = [b, a];
  stuck?.(b);
  return [socketChannel(a), socketChannel(b)];
}

/** Two ends of a message port. */
export function portPair(): [Channel, Channel] {
  const { port1, port2 } = new MessageChannel();
  return [portChannel(port1 as never), portChannel(port2 as never)];
}
