import { UsageError } from './command.js';
import { meantBy, typed, wordsOf } from './names.js';

/** Frames that one script may ask for: an hour at 15 frames a second. */
const mostFrames = 54_000;

/**
 * Reads what to do, as people write it: `right*40 jump*8 none` is forty times `right`, eight times `jump`, once `none`;
 * `'Arrow Right'*3` has a name in quotes, and `#2` is an action by its number. Commas are spaces. Whether the world knows the
 * actions is for the world to say.
 * @throws UsageError for an empty script, a count that is none, a quote without its end, or more than an hour of frames
 */
export function parseScript(text: string): (string | number)[] {
  const actions: (string | number)[] = [];
  for (const { text: word, literal } of wordsOf(text, 'spaces or commas', 'actions')) {
    const characters = [...word];
    const star = characters.findIndex((character, i) => character === '*' && !literal[i]);
    const name = star < 0 ? word : characters.slice(0, star).join('');
    const digits = star < 0 ? '1' : characters.slice(star + 1).join('');
    const count = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    // Quotes around nothing are a name; a star after nothing is none.
    if (count < 1 || star === 0) {
      throw new UsageError(
        `actions: '${word}' is not ACTION or ACTION*COUNT; write for example right*40, and names with * in quotes.`,
      );
    }
    if (actions.length + count > mostFrames) {
      throw new UsageError(`actions: more than ${mostFrames} frames were asked for; write a shorter script.`);
    }
    const isNumber = /^#\d+$/.test(name) && !literal[0];
    for (let i = 0; i < count; i++) actions.push(isNumber ? Number(name.slice(1)) : name);
  }
  if (actions.length === 0)
    throw new UsageError('actions: nothing to do; write for example right*40 jump*8.');
  return actions;
}

/**
 * The actions of a script by their names in a world.
 * @throws UsageError for a name that the world does not know, listing those that it does as they can be typed
 */
export function actionsMeant(
  script: readonly (string | number)[],
  names: readonly string[],
): (string | number)[] {
  const known = new Map<string, string>();
  return script.map((action) => {
    if (typeof action === 'number') return action;
    const name = known.get(action) ?? meantBy(action, names) ?? meantBy(arrowOf(action), names);
    if (name === undefined) {
      throw new UsageError(
        `actions: this world knows no ${typed(action)}; it knows ${names.map(typed).join(', ')}. ` +
          'Type a name as it stands here or with hyphens for spaces, or the number of an action as #0.',
      );
    }
    known.set(action, name);
    return name;
  });
}

/** What an arrow key is called by keyboards and by people: `ArrowRight`, `arrow-right` -> `Right`. */
const arrowOf = (action: string): string => action.replace(/^arrow[\s_-]*(?=left$|right$|up$|down$)/i, '');
