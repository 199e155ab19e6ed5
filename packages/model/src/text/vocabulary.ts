import { SnowglobeError } from '@snowglobe/graph';
import type { RecordedCaption } from '../recordings.js';
import type { Clause } from './clauses.js';
import { clausesOf } from './clauses.js';
import { synonymsOf } from './synonyms.js';

/** Words that a world knows at most. */
export const mostWords = 2048;
/** Characters of a text at most. */
export const longestText = 400;
/** Letters of a word at most; what is longer is none. */
export const longestWord = 40;
/** Clauses that are drawn at most, and by worlds whose captions have no more. */
export const mostClauses = 16;
export const usualClauses = 8;
/** Likeness of spelling from which a word is taken for a slip of the pen. */
const slip = 0.5;

/** What a text says to a world that knows some words. */
export interface ReadText {
  /** Clauses in words that the world knows; those of which it knows no word are left out. */
  readonly clauses: readonly Clause[];
  /** Clauses beyond those that the world draws at once. */
  readonly leftOut: readonly Clause[];
  /** Words that were read as others: [as written, as read]. */
  readonly readAs: readonly (readonly [string, string])[];
  /** Words that the world does not know, with those that it knows and that are spelled alike. */
  readonly unknown: readonly { readonly word: string; readonly nearest: readonly string[] }[];
}

/** The words of captions, the most frequent first. */
export function vocabularyOf(captions: Iterable<RecordedCaption>): string[] {
  const counts = new Map<string, number>();
  const add = (clauses: readonly Clause[]): void => {
    for (const word of clauses.flat()) {
      if (word.length <= longestWord) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  };
  for (const { sentence, things } of captions) {
    if (sentence !== undefined) add(clausesOf(sentence));
    for (const [name, [count, direction]] of Object.entries(things ?? {})) {
      add(clausesOf(`${count <= mostCounted ? count : ''} ${name} ${direction}`));
    }
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.slice(0, mostWords).map(([word]) => word);
}

/** Clauses that a world has to draw at once so that its captions are whole: 8 … 16. */
export function clausesIn(captions: Iterable<RecordedCaption>): number {
  let most = usualClauses;
  for (const { sentence } of captions) most = Math.max(most, clausesOf(sentence ?? '').length);
  return Math.min(most, mostClauses);
}

/** Numbers beyond this say no more than that there are many. */
export const mostCounted = 9;

/**
 * Reads a text by the words that a world knows.
 * @param most clauses that the world draws at once
 * @throws SnowglobeError for what is no text, one that is too long, and one of which no word is known
 */
export function readText(
  text: unknown,
  {
    vocabulary,
    clauses: most = usualClauses,
  }: { readonly vocabulary: readonly string[]; readonly clauses?: number },
): ReadText {
  checkSentence(text, 'text');
  const known = new Set(vocabulary);
  const readAs = new Map<string, string>();
  const unknown = new Set<string>();
  const clauses: Clause[] = [];
  for (const clause of clausesOf(text)) {
    const words = clause.flatMap((word) => {
      const meant = known.has(word) ? word : meantBy(word, known);
      if (meant === undefined) unknown.add(word);
      else if (meant !== word) readAs.set(word, meant);
      return meant === undefined ? [] : [meant];
    });
    if (words.length > 0) clauses.push(words);
  }
  const named = [...unknown].map((word) => unknownWord(word, vocabulary));
  if (clauses.length === 0) {
    const listed =
      named.length === 0 ? 'it has no word that says anything' : `this world knows none of its words`;
    throw new SnowglobeError(
      `text: ${listed}; say what is to be seen, in words such as ${vocabulary
        .filter((word) => !/^\d/.test(word))
        .slice(0, 12)
        .join(', ')}.`,
    );
  }
  return {
    ...{ clauses: clauses.slice(0, most), leftOut: clauses.slice(most) },
    ...{ readAs: [...readAs], unknown: named },
  };
}

/**
 * @param what is read, for messages
 * @throws SnowglobeError for what is no text, and one that is too long
 */
export function checkSentence(text: unknown, what: 'text' | 'tell'): asserts text is string {
  if (typeof text === 'string' && text.length <= longestText) return;
  const given = typeof text === 'string' ? `one of ${text.length} characters` : typeof text;
  throw new SnowglobeError(
    `${what}: it must be a sentence of at most ${longestText} characters, not ${given}.`,
  );
}

/** A word that no world's word is meant by, and those that are spelled most like it. */
export function unknownWord(word: string, vocabulary: readonly string[]): ReadText['unknown'][number] {
  return {
    word: word.slice(0, longestWord),
    nearest: nearestWords(word, vocabulary).map(([near]) => near),
  };
}

/** That a word is not known, in words. */
export const sayUnknown = ({ word, nearest }: ReadText['unknown'][number]): string =>
  `'${word}' is not known here${nearest.length > 0 ? ` (nearest: ${nearest.join(', ')})` : ''}`;

/** What is said of words that were not understood as they stand, in one sentence; undefined where all were. */
export function remarkOn({
  readAs,
  unknown,
  leftOut = [],
}: Pick<ReadText, 'readAs' | 'unknown'> & Partial<Pick<ReadText, 'leftOut'>>): string | undefined {
  const parts = [
    ...readAs.map(([word, as]) => `'${word}' is read as '${as}'`),
    ...unknown.map(sayUnknown),
    ...(leftOut.length === 0
      ? []
      : [
          `too much is said for one picture, so '${leftOut.map((words) => words.join(' ')).join(', ')}' is left out`,
        ]),
  ];
  return parts.length === 0 ? undefined : `${parts.join('; ')}.`;
}

/** The known word that is meant by another one: of the same stem, of the same meaning, or spelled nearly the same. */
export function meantBy(word: string, known: ReadonlySet<string>): string | undefined {
  const forms = formsOf(word);
  const stem = forms.find((form) => known.has(form));
  if (stem !== undefined) return stem;
  for (const form of forms) {
    const other = synonymsOf(form).find((each) => known.has(each));
    if (other !== undefined) return other;
  }
  if (word.length < 4) return undefined;
  const [near, likeness] = nearestWords(word, [...known])[0] ?? [];
  return likeness !== undefined && likeness >= slip ? near : undefined;
}

/** A word in the singular and plural. */
function formsOf(word: string): string[] {
  const singular = /(s|x|ch|sh)es$/.test(word)
    ? word.slice(0, -2)
    : /[^s]s$/.test(word)
      ? word.slice(0, -1)
      : word;
  return [...new Set([word, singular, `${singular}s`, `${singular}es`])];
}

/** Known words by how alike they are spelled, the likest first: the share of common trigrams (Dice). */
function nearestWords(word: string, known: readonly string[]): (readonly [string, number])[] {
  const own = trigrams(word);
  return known
    .filter((each) => !/^\d/.test(each))
    .map((each) => {
      const other = trigrams(each);
      const common = [...own].filter((part) => other.has(part)).length;
      return [each, (2 * common) / (own.size + other.size)] as const;
    })
    .filter(([, likeness]) => likeness > 0.2)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3);
}

function trigrams(word: string): Set<string> {
  const edged = `<${word.slice(0, longestWord)}>`;
  return new Set(Array.from({ length: Math.max(1, edged.length - 2) }, (_, i) => edged.slice(i, i + 3)));
}
