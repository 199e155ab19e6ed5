import type { VariableStore } from '@snowglobe/graph';
import type { RecordedClip, RecordedEvent } from '../../../recordings.js';
import { eventLike } from '../../../text/events.js';
import type { EventsConfig } from '../config/config.js';
import { eventsScope, toldIds } from '../dynamics/told.js';
import type { ToldEvent } from './transitions.js';

/**
 * What was told in recordings, by the transition of all clips in a row that it came about in.
 * @param starts the first transition of each clip
 */
export function toldTransitions(
  recorded: readonly (readonly RecordedEvent[])[],
  clips: readonly Pick<RecordedClip, 'frames'>[],
  starts: readonly number[],
  events: EventsConfig,
): Map<number, ToldEvent> {
  const told = new Map<number, ToldEvent>();
  clips.forEach(({ frames }, clip) => {
    for (const { frame, sentence } of recorded[clip] ?? []) {
      const known = eventLike(sentence, events.sentences);
      if (known === undefined || frame + 1 >= frames) continue;
      told.set(starts[clip]! + frame, {
        event: events.sentences.indexOf(known),
        ids: toldIds(known, events),
      });
    }
  });
  return told;
}

/** The table of the words of events: rows from 1. */
const wordTable = `dynamics/${eventsScope}/text/words/embedding`;

/** Words that a world learns beside those that it knows begin as zeros. */
export async function growWordTable(
  store: VariableStore,
  { vocabulary, width }: EventsConfig,
): Promise<void> {
  if (!store.has(wordTable)) return;
  const [rows] = store.spec(wordTable).shape as [number, number];
  if (rows > vocabulary.length) return;
  const grown = new Float32Array((vocabulary.length + 1) * width);
  grown.set((await store.read(wordTable)) as Float32Array);
  store.write(wordTable, { shape: [vocabulary.length + 1, width], dtype: 'f32' }, grown);
}
