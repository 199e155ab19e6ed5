/** Sentences that tell a world what happens: which it knows, and which of them is meant. */
import { SnowglobeError } from '@snowglobe/graph';
import { clausesOf } from './clauses.js';
import { checkSentence, longestText, longestWord, meantBy, sayUnknown, unknownWord } from './vocabulary.js';

/** Events that a world knows at most. */
export const mostEvents = 256;
/** Events that a message lists at most. */
const mostListed = 12;

/** The words of a sentence that say something. */
export const wordsOfEvent = (sentence: string): string[] =>
  clausesOf(sentence)
    .flat()
    .filter((word) => word.length <= longestWord);

/** One text for sentences of the same words, in whatever order. */
const keyOf = (sentence: string): string => [...new Set(wordsOfEvent(sentence))].sort().join(' ');

/**
 * The different events among sentences that were heard, the most frequent first, behind those that are known already. Sentences of the same
 * words are one event; those that say nothing are none.
 */
export function knownEvents(heard: Iterable<string>, known: readonly string[] = []): string[] {
  const counts = new Map<string, { readonly sentence: string; count: number }>();
  for (const each of heard) {
    const sentence = each.replace(/[\p{C}\s]+/gu, ' ').trim();
    const key = keyOf(sentence);
    if (key === '' || sentence.length > longestText) continue;
    const of = counts.get(key) ?? { sentence, count: 0 };
    counts.set(key, { ...of, count: of.count + 1 });
  }
  for (const sentence of known) counts.delete(keyOf(sentence));
  const added = [...counts.values()].sort((a, b) => b.count - a.count || (a.sentence < b.sentence ? -1 : 1));
  return [...known, ...added.map(({ sentence }) => sentence)].slice(0, mostEvents);
}

/** The known event of the same words as a sentence; undefined where there is none. */
export function eventLike(sentence: string, events: readonly string[]): string | undefined {
  const key = keyOf(sentence);
  return events.find((event) => keyOf(event) === key);
}

/**
 * The known event that somebody means: of the same words, in other forms or spelled nearly the same, or the only one that has all of them.
 * @throws SnowglobeError where nothing is known at all, for what is no text, is too long, says nothing, has a word that no event has, or may mean several
 */
export function readEvent(text: unknown, events: readonly string[]): string {
  if (events.length === 0) {
    throw new SnowglobeError(
      'tell: this world knows no events; play one that has learned of recordings whose games were told some.',
    );
  }
  checkSentence(text, 'tell');
  const wanted = wordsOfEvent(text);
  if (wanted.length === 0)
    throw new SnowglobeError(`tell: it has no word that says anything; ${offer(events)}`);
  const vocabulary = [...new Set(events.flatMap(wordsOfEvent))];
  const known = new Set(vocabulary);
  const words = new Set<string>();
  for (const word of wanted) {
    const meant = known.has(word) ? word : meantBy(word, known);
    if (meant === undefined) {
      throw new SnowglobeError(`tell: ${sayUnknown(unknownWord(word, vocabulary))}; ${offer(events)}`);
    }
    words.add(meant);
  }
  const having = events.filter((event) => {
    const own = new Set(wordsOfEvent(event));
    return [...words].every((word) => own.has(word));
  });
  const exact = having.find((event) => new Set(wordsOfEvent(event)).size === words.size);
  const [only, another] = having;
  if (exact !== undefined || (only !== undefined && another === undefined)) return exact ?? only!;
  const said = [...words].join(' ');
  throw new SnowglobeError(
    only === undefined
      ? `tell: no event that is known here has all of '${said}'; ${offer(events)}`
      : `tell: '${said}' may mean several events; say which: ${listed(having)}.`,
  );
}

const listed = (events: readonly string[]): string => {
  const more = events.length - mostListed;
  return events.slice(0, mostListed).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

const offer = (events: readonly string[]): string => `this world can be told: ${listed(events)}.`;
