/**
 * Sentences as clauses, and clauses as words. Each clause says one thing of a picture (`a lake in the west`), and each holds whatever the others
 * say, so that any of them may be left out or change places.
 */

/** Words of a clause, in the order in which they stand. */
export type Clause = readonly string[];

/** What parts clauses beside punctuation. */
const joints = new Set(
  'and with plus also while but then containing including featuring having where'.split(' '),
);

/** Words that say nothing about a picture. */
const fillers = new Set(
  'a an the is are be am there here its it in on at to of from some i we me my you this that these those as by for into onto side toward towards direction part lies lie stands stand'.split(
    ' ',
  ),
);

const numbers: ReadonlyMap<string, string> = new Map(
  'zero one two three four five six seven eight nine'.split(' ').map((word, i) => [word, `${i}`]),
);

/** A text in lower case, without accents and in plain digits: letters, digits and marks that part clauses. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // Names of things may be written together: `OpenChest`.
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase();

/** The clauses of a text; those that say nothing are left out. */
export function clausesOf(text: string): Clause[] {
  const clauses: string[][] = [[]];
  for (const part of plain(text).split(/([\p{L}\p{N}]+)/u)) {
    const isWord = /^[\p{L}\p{N}]+$/u.test(part);
    if (isWord ? joints.has(part) : /[^\s'’-]/u.test(part)) clauses.push([]);
    else if (isWord && !fillers.has(part)) clauses.at(-1)!.push(numbers.get(part) ?? part);
  }
  return clauses.filter((words) => words.length > 0);
}
