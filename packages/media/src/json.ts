import { SnowglobeError } from '@snowglobe/graph';

/**
 * Reads JSON that people edit: a byte order mark, which Windows editors write, is taken off; text in UTF-16 or in no
 * Unicode at all is named as that.
 *
 * @param content the file, or its text
 * @param name what it is called in messages, usually the file's path
 * @param remedy what to do where it is no JSON, the second half of a sentence
 * @throws SnowglobeError
 */
export function parseEditedJson(content: Uint8Array | string, name: string, remedy: string): unknown {
  const text = textOf(content, name);
  if (nestsTooDeep(text)) {
    throw new SnowglobeError(`${name}: it nests deeper than ${maxDepth} levels; ${remedy}`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // The engine's message quotes the text, whatever stands in it.
    const why = (cause as Error).message.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, '?');
    throw new SnowglobeError(`${name}: it is no JSON (${why}); ${remedy}`, { cause });
  }
}

/** Levels of lists and objects at most: nobody writes more, and a file of brackets alone takes gigabytes to read. */
const maxDepth = 64;

/** Looks at brackets outside strings; what else is wrong, the parser says. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return false;
}

function textOf(content: Uint8Array | string, name: string): string {
  if (looksLikeUtf16(content)) {
    throw new SnowglobeError(
      `${name}: it is text in UTF-16; save it in UTF-8, which is what JSON is read in.`,
    );
  }
  if (typeof content === 'string') return content.replace(/^\ufeff/, '');
  try {
    // This decoder takes a byte order mark off.
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (cause) {
    throw new SnowglobeError(
      `${name}: it is not text in UTF-8; save it in UTF-8, which is what JSON is read in.`,
      {
        cause,
      },
    );
  }
}

/** By its byte order mark, or by the zero that ASCII has as one of its two bytes; text was then decoded as UTF-8. */
function looksLikeUtf16(content: Uint8Array | string): boolean {
  if (typeof content === 'string') return /^(\ufffd\ufffd|.?\0)/s.test(content);
  const [first, second] = content;
  return (
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    (content.length > 1 && (first === 0) !== (second === 0))
  );
}
