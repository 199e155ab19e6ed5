/** Who may talk to the server: not every page that a browser has open, and no name that someone made point here. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** A host as a request names it. Addresses are compared as addresses and names as names: `127.0.0.1.example` is a name. */
interface Host {
  /** In lower case, without brackets and without the dot that ends a fully qualified name. */
  readonly name: string;
  readonly kind: 'name' | 'ipv4' | 'ipv6';
}

/** 127.0.0.0/8 and ::1. IPv4 addresses mapped into IPv6 are looked up as what they are. */
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `[::1]:8420` -> ::1, an address; undefined for what is no host. */
function parseHost(host: string | undefined): Host | undefined {
  // What a URL would take for a user, a path or a question is no part of a host.
  if (host === undefined || !/^[^\s/\\?#@]+$/.test(host)) return undefined;
  let parsed: string;
  try {
    parsed = new URL(`http://${host}`).hostname;
  } catch {
    return undefined;
  }
  const name = parsed.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const version = isIP(name);
  return { name, kind: version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : 'name' };
}

function isLoopback({ name, kind }: Host): boolean {
  return kind === 'name' ? name === 'localhost' : loopback.check(name, kind);
}

function isOwn({ name, kind }: Host, listening: Host | undefined): boolean {
  if (kind === 'name') {
    const own = hostname().toLowerCase();
    return name === listening?.name || name === own || name === `${own}.local`;
  }
  const own = new BlockList();
  if (listening && listening.kind !== 'name') own.addAddress(listening.name, listening.kind);
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    own.addAddress(address, family === 'IPv4' ? 'ipv4' : 'ipv6');
  }
  return own.check(name, kind);
}

/** An address to listen on as a host: `::1` has no brackets there. */
const asHost = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);

/**
 * Refuses requests for hosts that this server is not, which is how other sites reach into a network (DNS rebinding). Ports
 * may differ: a tunnel changes them.
 * @param listening the address that the server was told to listen on
 * @param names others under which it is reached: of a balancer, of a tunnel
 * @returns the reason in one sentence, or undefined when the request is fine
 */
export function refuseHost(
  { headers }: IncomingMessage,
  listening: string,
  names: readonly string[] = [],
): string | undefined {
  const asked = parseHost(headers.host);
  if (asked && names.some((name) => parseHost(asHost(name))?.name === asked.name)) return undefined;
  const own = parseHost(asHost(listening));
  if (asked && (isLoopback(asked) || (!(own && isLoopback(own)) && isOwn(asked, own)))) return undefined;
  return `This server is not '${headers.host ?? ''}'; use the address that it printed, or start it with --host.`;
}

/**
 * Refuses sessions that a page of another site asks for. Programs that are no browser send no origin.
 * @param origins of other pages that may, as `https://a.example`
 * @returns the reason in one sentence, or undefined
 */
export function refuseOrigin(
  { headers }: IncomingMessage,
  origins: readonly string[] = [],
): string | undefined {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes(origin)) return undefined;
  try {
    const page = new URL(origin);
    // Read by the page's scheme, so that `localhost` and `localhost:80` are one, as they are to a browser.
    if (/^https?:$/.test(page.protocol) && page.host === new URL(`${page.protocol}//${host ?? ''}`).host)
      return undefined;
  } catch {
    // 'null' and the like: a page without an origin is not ours.
  }
  return `Pages of '${origin}' may not play on this server; open its own page.`;
}
