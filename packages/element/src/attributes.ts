import type { Keymap } from './key_bindings.js';
import { keyboardKeys } from './key_bindings.js';
import type { Place } from './places.js';

/** What pages write into attributes and properties: frameworks give null, '', 'undefined', 'NaN' and numbers as text, too. */
export type Written<T> = T | string | null | undefined;

/** The number that was written, if it is one that `accepts` takes; of anything else the default. */
function numberOf<D>(written: unknown, accepts: (value: number) => boolean, otherwise: D): number | D {
  const isNumber = typeof written === 'number' || (typeof written === 'string' && written.trim() !== '');
  const value = isNumber ? Number(written) : NaN;
  return !Number.isNaN(value) && accepts(value) ? value : otherwise;
}

/** A seed: an integer, else 0. */
export const seedOf = (written: unknown): number => numberOf(written, Number.isSafeInteger, 0);

/** Frames a second, or undefined: as suits the world; 0 and infinity: as fast as it goes. */
export const fpsOf = (written: unknown): number | undefined =>
  numberOf(written, (value) => value >= 0, undefined);

/** A temperature, or undefined: as the world says. What is below 0 is for the world to refuse. */
export const temperatureOf = (written: unknown): number | undefined =>
  numberOf(written, Number.isFinite, undefined);

/** A text, where nothing is the empty one. */
export const textOf = (written: unknown): string =>
  written === null || written === undefined ? '' : String(written);

const places: readonly unknown[] = ['gpu', 'cpu', 'server'] satisfies Place[];

export const runOf = (written: unknown): Place | 'auto' =>
  places.includes(written) ? (written as Place) : 'auto';

/** `none`: neither buttons nor keys; any other value, and none at all: buttons. */
export const controlsOf = (written: string | null): boolean | 'none' =>
  written === 'none' ? 'none' : written !== null;

/** Actions by key, from an object or its JSON; what is none is left out. */
export function keymapOf(written: unknown): Keymap {
  let given = written;
  try {
    if (typeof given === 'string') given = JSON.parse(given);
  } catch {
    return {};
  }
  const actions = keyboardKeys.map((key) => [key, (given as Keymap | null | undefined)?.[key]] as const);
  return Object.fromEntries(actions.filter(([, action]) => typeof action === 'string'));
}

/** The name of a file at an address, without its ending: as it stands where its escapes are none. */
export function fileName(address: string): string {
  const file = address.split(/[?#]/)[0]!.split('/').at(-1)!;
  let name = file;
  try {
    name = decodeURIComponent(file);
  } catch {
    // A percent sign that somebody meant.
  }
  return name.replace(/\.safetensors$/, '');
}
