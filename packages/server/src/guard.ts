/** Who may talk to the server: not every page that a browser has open, and no name that someone made point here. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** `[::1]:8420` -> `::1`; undefined for what is no host. */
function nameOf(host: string | undefined): string | undefined {
  try {
    return new URL(`http://${host ?? ''}`).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  } catch {
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return loopback.has(host) || /^127\./.test(host);
}

/**
 * Refuses requests for hosts that this server is not, which is how other sites reach into a network (DNS rebinding).
 * @param listening the address that the server was told to listen on
 * @returns the reason in one sentence, or undefined when the request is fine
 */
export function refuseHost({ headers }: IncomingMessage, listening: string): string | undefined {
  const name = nameOf(headers.host);
  if (name !== undefined && (isLoopback(name) || (!isLoopback(listening) && isOwnName(name, listening)))) {
    return undefined;
  }
  return `This server is not '${headers.host ?? ''}'; use the address that it printed, or start it with --host.`;
}

function isOwnName(name: string, listening: string): boolean {
  if (name === listening || name === hostname().toLowerCase() || name === `${hostname().toLowerCase()}.local`)
    return true;
  if (isIP(name) === 0) return false;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address.toLowerCase() === name),
  );
}

/**
 * Refuses sessions that a page of another site asks for. Programs that are no browser send no origin.
 * @returns the reason in one sentence, or undefined
 */
export function refuseOrigin({ headers }: IncomingMessage): string | undefined {
  const { origin, host } = headers;
  if (origin === undefined) return undefined;
  try {
    if (new URL(origin).host === host) return undefined;
  } catch {
    // 'null' and the like: a page without an origin is not ours.
  }
  return `Pages of '${origin}' may not play on this server; open its own page.`;
}
