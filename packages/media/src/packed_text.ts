import { Inflate, deflateSync } from 'fflate';

/** Bytes that are inflated at once while their size is counted. */
const slice = 1 << 10;

/** Text in few bytes (deflate, RFC 1951). */
export const packText = (text: string): Uint8Array =>
  deflateSync(new TextEncoder().encode(text), { level: 9 });

/**
 * The text that was packed.
 * @param limit bytes of it at most
 * @returns undefined for what is none, or too long
 */
export function unpackText(packed: Uint8Array, limit: number): string | undefined {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const inflate = new Inflate((part, final) => {
    parts.push(part);
    length += part.length;
    isWhole ||= final;
  });
  try {
    for (let at = 0; at < packed.length; at += slice) {
      inflate.push(packed.subarray(at, at + slice), at + slice >= packed.length);
      if (length > limit) return undefined;
    }
    if (!isWhole) return undefined;
    const text = new Uint8Array(length);
    parts.reduce((to, part) => (text.set(part, to), to + part.length), 0);
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return undefined;
  }
}
