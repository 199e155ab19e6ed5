import { UsageError } from './command.js';

/** Frames that one script may ask for: an hour at 15 frames a second. */
const mostFrames = 54_000;

/**
 * Reads what to do, as people write it: `right*40 jump*8 none` is forty times `right`, eight times `jump`, once `none`.
 * Commas are spaces. Whether the world knows the actions is for the world to say.
 * @throws UsageError for an empty script, a count that is none, or more than an hour of frames
 */
export function parseScript(text: string): string[] {
  const actions: string[] = [];
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const match = /^(?<name>[^*]+)(?:\*(?<count>\d{1,9}))?$/.exec(word);
    const count = Number(match?.groups?.['count'] ?? 1);
    if (!match || count < 1) {
      throw new UsageError(`actions: '${word}' is not ACTION or ACTION*COUNT; write for example right*40.`);
    }
    if (actions.length + count > mostFrames) {
      throw new UsageError(`actions: more than ${mostFrames} frames were asked for; write a shorter script.`);
    }
    for (let i = 0; i < count; i++) actions.push(match.groups!['name']!);
  }
  if (actions.length === 0)
    throw new UsageError('actions: nothing to do; write for example right*40 jump*8.');
  return actions;
}
