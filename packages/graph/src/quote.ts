import { visible } from './visible.js';

/**
 * A name from a file as it may stand in a message or on a terminal: in quotes, shortened, without control characters
 * that a hostile file could use to rewrite the screen.
 */
export function quote(name: string): string {
  const short = name.length > 80 ? `${name.slice(0, 79)}…` : name;
  return `'${visible(short)}'`;
}
