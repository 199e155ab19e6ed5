import type { ServerEvent } from '@snowglobe/server';

/** What is logged: what happens on a server, and that it is ready. */
export type LoggedEvent =
  ServerEvent | { readonly event: 'ready'; readonly kind: string; readonly device: string };

/**
 * Writes a line an event, frames and refused requests of sessions excepted, of which there are as many as a player likes; `/metrics`
 * counts them.
 * @param kind `json`: one object a line, with the time; `text`: for people
 */
export function serverLog(
  kind: 'text' | 'json' | 'none',
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): (event: LoggedEvent) => void {
  if (kind === 'none') return () => {};
  return (event) => {
    if (event.event === 'frame' || (event.event === 'refused' && event.reason === 'request')) return;
    const time = now().toISOString();
    write(kind === 'json' ? JSON.stringify({ time, ...event }) : `${time.slice(11, 19)} ${inWords(event)}`);
  };
}

function inWords(event: LoggedEvent): string {
  switch (event.event) {
    case 'ready':
      return `ready on ${event.kind} (${event.device})`;
    case 'connected':
      return `session ${event.session} from ${event.address} (${event.wire})`;
    case 'started':
    case 'resumed':
      return `session ${event.session} ${event.event} ${event.world}`;
    case 'moved':
      return `session ${event.session} moved to ${event.kind} (${event.device})`;
    case 'refused':
      return `refused ${event.address}: ${event.sentence}`;
    case 'closed':
      return `session ${event.session} ended after ${event.seconds} s and ${event.frames} frames: ${event.reason}`;
    case 'fault':
      return `fault: ${event.message}`;
    case 'frame':
      return `session ${event.session} frame`;
  }
}
