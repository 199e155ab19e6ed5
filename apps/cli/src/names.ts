/**
 * Names in lists that people type: `none, jump` or `'Arrow Right'*3 code-1`. Quotes of either kind and backslashes keep what
 * separates names, or means something else, in a name.
 */
import { UsageError } from './command.js';

/** A part of a list. */
interface Word {
  readonly text: string;
  /** For each of its characters (code points), whether it stands for itself, because it was in quotes or after a backslash. */
  readonly literal: readonly boolean[];
}

/** Where a name ends: between actions at spaces too, in other lists at commas alone. */
type Separator = 'spaces or commas' | 'commas';

/**
 * @param option what is being read, for messages
 * @throws UsageError for a quote without its end
 */
export function wordsOf(text: string, separator: Separator, option: string): Word[] {
  const words: Word[] = [];
  let characters: string[] = [];
  let literal: boolean[] = [];
  let isOpen = false;
  const add = (character: string, isLiteral: boolean): void => {
    characters.push(character);
    literal.push(isLiteral);
    isOpen = true;
  };
  const end = (): void => {
    if (isOpen) words.push({ text: characters.join(''), literal });
    [characters, literal, isOpen] = [[], [], false];
  };
  const all = [...text];
  for (let at = 0; at < all.length; at++) {
    const character = all[at]!;
    if (character === '\\' && at + 1 < all.length) add(all[++at]!, true);
    else if (character === "'" || character === '"') {
      isOpen = true;
      for (at++; all[at] !== character; at++) {
        if (at >= all.length) {
          throw new UsageError(`${option}: a quote (${character}) has no end in ${text}; write one more.`);
        }
        if (all[at] === '\\' && at + 1 < all.length) at++;
        add(all[at]!, true);
      }
    } else if (character === ',' || (separator !== 'commas' && /\s/.test(character))) end();
    else add(character, false);
  }
  end();
  return words;
}

/**
 * The names of a list with commas; spaces around them are none of theirs.
 * @param option what is being read, for messages
 * @throws UsageError for a quote without its end
 */
export function namesOf(text: string, option: string): string[] {
  return wordsOf(text, 'commas', option)
    .map(({ text: word, literal }) => {
      const characters = [...word];
      const inside = [...characters.keys()].filter((i) => literal[i] || !/\s/.test(characters[i]!));
      return inside.length === 0 ? '' : characters.slice(inside[0], inside.at(-1)! + 1).join('');
    })
    .filter((name) => name !== '');
}

/** A name as it can be typed in any list: by itself, or in quotes. */
export function typed(name: string): string {
  const isPlain = name !== '' && !/[\s,'"\\*]|^#/u.test(name);
  return isPlain ? name : `'${name.replace(/['\\]/g, '\\$&')}'`;
}

/**
 * The one of `names` that somebody means: as it stands, or else whatever its case, with hyphens or underscores for spaces.
 * @returns undefined where none is meant, or several
 */
export function meantBy(word: string, names: readonly string[]): string | undefined {
  if (names.includes(word)) return word;
  const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '-');
  const alike = names.filter((name) => plain(name) === plain(word));
  return alike.length === 1 ? alike[0] : undefined;
}
