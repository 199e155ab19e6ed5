import { SnowglobeError } from '@snowglobe/graph';
import { quote } from '@snowglobe/graph/internal';

/**
 * `JSON.parse` for text that nobody vouches for: refuses nesting beyond `maxDepth` (before anything recursive sees it)
 * and names that occur twice in one object, of which `JSON.parse` would silently keep the last.
 * @param what the thing that the text is, for messages: `coinrun.safetensors: the header`
 * @throws SnowglobeError
 */
export function parseJson(text: string, maxDepth: number, what: string): unknown {
  checkNesting(text, maxDepth, what);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SnowglobeError(
      `${what} is not valid JSON; the file is damaged or not a world, fetch or make it again.`,
      {
        cause,
      },
    );
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Scans without building anything. Malformed text may pass: `JSON.parse` comes after. */
function checkNesting(text: string, maxDepth: number, what: string): void {
  // The names seen so far in each open object; arrays get an empty set that stays empty.
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{' || char === '[') {
      if (open.push(new Set()) > maxDepth) {
        throw new SnowglobeError(
          `${what} nests deeper than ${maxDepth} levels; a world does not, use a file from a source that you trust.`,
        );
      }
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const end = endOfString(text, at);
      if (isFollowedByColon(text, end)) addName(open.at(-1), text.slice(at, end), what);
      at = end - 1;
    }
  }
}

/** Position after the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, position: number): boolean {
  let at = position;
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  return text[at] === ':';
}

function addName(names: Set<string> | undefined, literal: string, what: string): void {
  if (!names) return;
  let name: string;
  try {
    name = JSON.parse(literal) as string;
  } catch {
    return; // JSON.parse of the whole text says what is wrong.
  }
  if (names.has(name)) {
    throw new SnowglobeError(`${what} names ${quote(name)} twice; every name must be there once.`);
  }
  names.add(name);
}
