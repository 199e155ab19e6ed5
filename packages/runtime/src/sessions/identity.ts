import { fileChecksum } from '../checksum.js';

/** What a player needs to go on with a session in any place that shares its store. */
export interface SessionToken {
  readonly session: string;
  /** Known to its player alone. */
  readonly token: string;
}

/** A new session's name, and a token of 128 bits. */
export const newSessionToken = (): SessionToken => ({ session: randomHex(), token: randomHex() });

/** What a store keeps of a token. */
export const hashOfToken = (token: string): Promise<string> => fileChecksum(new TextEncoder().encode(token));

function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
