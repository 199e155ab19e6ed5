import { visible } from './visible.js';

/** A value from outside as it can stand in a message: short, whatever it is. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      // JSON escapes the first controls alone.
      return visible(JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value));
    case 'function':
      return 'a function';
    case 'object': {
      if (value === null) return 'null';
      const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
      return typeof name === 'string' && name !== '' && name !== 'Object'
        ? `a ${name.slice(0, 40)}`
        : 'an object';
    }
    default:
      return String(value).slice(0, 40);
  }
}
