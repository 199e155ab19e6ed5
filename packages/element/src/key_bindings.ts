export type Direction = 'left' | 'right' | 'up' | 'down';

/**
 * Keys for what is no direction, in the order in which they are given out: digits, then letters that have the same place on
 * QWERTY, QWERTZ and AZERTY, then the others. W, A, S, D walk, P pauses, R winds back.
 */
const spareKeys = [
  ...(['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'] as const),
  ...(['e', 'f', 'g', 'c', 'v', 'b', 'n', 't', 'h', 'j', 'k', 'l', 'u', 'i', 'o'] as const),
  ...(['q', 'x', 'z', 'y', 'm'] as const),
];
const directions = ['left', 'right', 'up', 'down'] as const satisfies Direction[];

/** What a player can press. Actions for which no key is left have a button alone. */
export type Key = Direction | 'space' | (typeof spareKeys)[number] | `button ${number}`;

/** Keys that a keyboard has. */
export const keyboardKeys: readonly Key[] = [...directions, 'space', ...spareKeys];

/** What the user says that keys do: an action a key. */
export type Keymap = Readonly<Partial<Record<Key, string>>>;

/** What one key does in a world. */
export interface KeyBinding {
  readonly key: Key;
  /** One of the world's actions. */
  readonly action: string;
  /** The action in words: `place table` for `place_table`. */
  readonly label: string;
}

/** What keys do in a world. */
export interface KeyBindings {
  /** Directions first, then space, then the others in the order of the world's actions. */
  readonly all: readonly KeyBinding[];
  readonly actionOf: ReadonlyMap<Key, string>;
  /** Actions of several keys at once, by their names in order, joined by `+`. */
  readonly combinations: ReadonlyMap<string, string>;
}

/** Words that mean that nothing is done: no key held. */
const idleWords = new Set(['none', 'noop', 'no op', 'nothing', 'stay', 'idle', 'wait']);
/** Words that only say that a direction is one. */
const moveWords = new Set(['move', 'go', 'walk', 'run', 'step', 'turn', 'look', 'face', 'strafe']);
const directionWords = new Map<string, Direction>([
  ...directions.map((direction) => [direction, direction] as const),
  ...([
    ['west', 'left'],
    ['east', 'right'],
    ['north', 'up'],
    ['south', 'down'],
  ] as const),
]);
/** Stand in for a direction that has no name of its own, best first. */
const stepWords: readonly (readonly [word: string, Direction])[] = [
  ...(['forward', 'forwards', 'jump'] as const).map((word) => [word, 'up'] as const),
  ...(['back', 'backward', 'backwards'] as const).map((word) => [word, 'down'] as const),
];
/** What acts, best first. */
const actWords = ['do', 'use', 'act', 'interact', 'attack', 'fire', 'jump'];

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .split(/[\s_.-]+/)
    .filter((word) => word !== '');

/** An action's name as people write it: `place table` for `place_table` and `placeTable`. */
const labelOf = (name: string): string => wordsOf(name).join(' ') || name;

/** Without its case, and without the word that says that it moves. */
function coreOf(name: string): string[] {
  const words = wordsOf(name).map((word) => word.toLowerCase());
  return words.length > 1 && moveWords.has(words[0]!) ? words.slice(1) : words;
}

const isCalled =
  (word: string) =>
  (name: string): boolean =>
    coreOf(name).join(' ') === word;

const isIdle = (name: string): boolean => idleWords.has(labelOf(name).toLowerCase());

/**
 * Gives the actions of a world their keys, by their names: directions, however they are spelled (`left`, `move_left`, `go
 * left`), the arrows and WASD; what acts (`do`, `use`, `fire`, …) space; idling (`noop`, `stay`, …) no key; every other
 * action a key of its own, in order. `right+up` is what the keys of its parts do together. Where no action has space, it is
 * a second key for up.
 *
 * @param actions names that the world knows
 * @param synonyms those among them that are other words for one of the others
 * @param keymap of the user, which wins; an action that the world does not know leaves its key without one
 */
export function bindKeys(
  actions: readonly string[],
  synonyms: readonly string[] = [],
  keymap: Keymap = {},
): KeyBindings {
  const known = new Set(actions);
  const own = actions.filter((name) => !synonyms.includes(name) && !isIdle(name));
  const single = own.filter((name) => !name.includes('+') && partsOf(name).length < 2);
  const actionOf = new Map<Key, string>();
  const asked = Object.entries(keymap) as [Key, string][];
  const bind = (key: Key, action: string): boolean => {
    if (keymap[key] !== undefined || actionOf.has(key)) return false;
    actionOf.set(key, action);
    return true;
  };

  for (const direction of directions) {
    const candidates = [
      // Of `left` and `turn_left`, the shorter.
      ...single.filter((name) => directionOf(name) === direction).sort(byWords),
      ...stepWords.flatMap(([word, way]) => (way === direction ? single.filter(isCalled(word)) : [])),
    ];
    if (candidates[0] !== undefined) bind(direction, candidates[0]);
  }
  const bound = (): Set<string> => new Set([...actionOf.values(), ...asked.map(([, action]) => action)]);
  const acts = actWords.flatMap((word) => single.filter(isCalled(word)));
  const act = acts.find((name) => !bound().has(name));
  if (act !== undefined) bind('space', act);
  for (const [key, action] of asked) if (known.has(action)) actionOf.set(key, action);

  const spare = spareKeys.filter((key) => keymap[key] === undefined);
  const giveOwn = (name: string): void => void actionOf.set(spare.shift() ?? `button ${actionOf.size}`, name);
  const taken = bound();
  const rest = own.filter((name) => !taken.has(name));
  const isSingle = new Set(single);
  rest.filter((name) => isSingle.has(name)).forEach(giveOwn);
  const keyOf = new Map([...actionOf].reverse().map(([key, action]) => [action, key]));
  const combinations = new Map<string, string>();
  for (const name of rest.filter((each) => !isSingle.has(each))) {
    const parts = name.includes('+') ? name.split('+') : partsOf(name);
    const keys = parts.map((part) => keyOf.get(part) ?? directionOf(part));
    if (keys.includes(undefined)) giveOwn(name);
    else combinations.set(keys.sort().join('+'), name);
  }

  const order = [...keyboardKeys.slice(0, directions.length + 1), ...actionOf.keys()];
  const all = [...new Set(order)].flatMap((key) => {
    const action = actionOf.get(key);
    return action === undefined ? [] : [{ key, action, label: labelOf(action) }];
  });
  return { all, actionOf, combinations };
}

/** The directions of which a name is made: two for `up_left`, none where it says more. */
function partsOf(name: string): readonly Direction[] {
  const parts = coreOf(name).map((word) => directionWords.get(word));
  return parts.every((part) => part !== undefined) ? parts : [];
}

const directionOf = (name: string): Direction | undefined => {
  const parts = partsOf(name);
  return parts.length === 1 ? parts[0] : undefined;
};

const byWords = (a: string, b: string): number => wordsOf(a).length - wordsOf(b).length;

/** Whether there are keys that are no directions, so that somebody has to say what they do. */
export const hasOtherKeys = ({ all }: KeyBindings): boolean => all.some(({ key }) => !isDirection(key));

export const isDirection = (key: Key): key is Direction => (directions as readonly Key[]).includes(key);

/** Whether a world's actions are called so that people know what they do: a direction or an act among them. */
export function hasNamedKeys(actions: readonly string[], synonyms: readonly string[] = []): boolean {
  return bindKeys(actions, synonyms).all.some(({ key }) => isDirection(key) || key === 'space');
}

const directionCodes = new Map<string, Direction>([
  ...(['ArrowLeft', 'KeyA'] as const).map((code) => [code, 'left'] as const),
  ...(['ArrowRight', 'KeyD'] as const).map((code) => [code, 'right'] as const),
  ...(['ArrowUp', 'KeyW'] as const).map((code) => [code, 'up'] as const),
  ...(['ArrowDown', 'KeyS'] as const).map((code) => [code, 'down'] as const),
]);

/**
 * The key of a keyboard that does something in a world, or undefined.
 * @param code by place on the keyboard, as browsers give it, so that WASD is WASD in every layout
 */
export function keyOfCode(code: string, { actionOf }: KeyBindings): Key | undefined {
  const direction = directionCodes.get(code);
  if (direction) return direction;
  if (code === 'Space') return actionOf.has('space') ? 'space' : 'up';
  const name = /^(?:Key|Digit|Numpad)(\w)$/.exec(code)?.[1]?.toLowerCase() as Key | undefined;
  return name !== undefined && actionOf.has(name) ? name : undefined;
}
