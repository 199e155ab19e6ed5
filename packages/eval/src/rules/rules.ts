/**
 * The rules of a game as data, so that what a world dreams can be held against them. Words for cells are those of the legend: grounds,
 * things, items. See the package's README for an example.
 */
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { Legend } from '../legend/legend.js';

/** What a key does to the cell that the player faces, where its conditions hold. */
export interface Effect {
  /** What reports call it. */
  readonly name: string;
  readonly action: string;
  /** Grounds that the faced cell may have; default any. */
  readonly facing?: readonly string[] | undefined;
  /** Thing on the faced cell; default: none stands there. */
  readonly thing?: string | undefined;
  /** How that thing looks, where it matters (`ripe`). */
  readonly variant?: string | undefined;
  /** Grounds that lie around the player, each somewhere in the 3x3 cells. */
  readonly near: readonly string[];
  /** What the player must have, and keeps. */
  readonly needs: Readonly<Record<string, number>>;
  /** What it costs; must be there. */
  readonly takes: Readonly<Record<string, number>>;
  readonly gives: Readonly<Record<string, number>>;
  /** The faced cell's ground afterwards; default as it was. */
  readonly becomes?: string | undefined;
  /** The thing that stands on the faced cell afterwards. */
  readonly puts?: string | undefined;
  /** May happen or not, so that it is legal, and not missed when it stays out. */
  readonly chance: boolean;
}

/** Rules that were checked. */
export interface Rules {
  readonly format: 'snowglobe-rules';
  readonly version: 1;
  /** The action that does nothing. */
  readonly idle: string;
  /** Actions that move: columns and rows, and the variant of the player's picture that faces there. */
  readonly moves: Readonly<
    Record<string, { readonly by: readonly [columns: number, rows: number]; readonly faces: string }>
  >;
  /** What the player's pictures are called. */
  readonly player: string;
  /** Grounds that can be walked on. */
  readonly walkable: readonly string[];
  /** Things that move by themselves. */
  readonly things: readonly string[];
  /** Looks of the view in which actions do nothing, as when asleep. */
  readonly helpless: readonly string[];
  /** Most that there can be of an item. */
  readonly most: number;
  /** By how much items change by themselves from one frame to the next. */
  readonly byItself: Readonly<Record<string, readonly number[]>>;
  /** Grounds that become others by themselves. */
  readonly grounds: readonly (readonly [before: string, after: string])[];
  readonly effects: readonly Effect[];
}

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const words = v.array(word);
const integer = v.pipe(v.number(), v.safeInteger(), v.minValue(-1000), v.maxValue(1000));
const amounts = v.record(word, v.pipe(integer, v.minValue(1)));
const step = v.strictTuple([integer, integer]);

const effect = v.strictObject({
  name: word,
  action: word,
  facing: v.optional(words),
  thing: v.optional(word),
  variant: v.optional(word),
  near: v.optional(words, []),
  needs: v.optional(amounts, {}),
  takes: v.optional(amounts, {}),
  gives: v.optional(amounts, {}),
  becomes: v.optional(word),
  puts: v.optional(word),
  chance: v.optional(v.boolean(), false),
}) satisfies v.GenericSchema<unknown, Effect>;

const schema = v.strictObject({
  format: v.literal('snowglobe-rules'),
  version: v.literal(1),
  idle: word,
  moves: v.record(word, v.strictObject({ by: step, faces: word })),
  player: word,
  walkable: words,
  things: words,
  helpless: v.optional(words, []),
  most: v.pipe(integer, v.minValue(1)),
  byItself: v.optional(v.record(word, v.pipe(v.array(integer), v.minLength(1))), {}),
  grounds: v.optional(v.array(v.strictTuple([word, word])), []),
  effects: v.array(effect),
}) satisfies v.GenericSchema<unknown, Rules>;

/**
 * Checks rules, and that their words are the legend's.
 * @param source where they are from, for messages
 * @throws SnowglobeError naming the field or the word
 */
export function parseRules(json: unknown, source: string, legend: Legend): Rules {
  const result = v.safeParse(schema, json);
  if (!result.success) {
    throw new SnowglobeError(`${source}: ${describeIssue(result.issues[0])}; mend the rules.`);
  }
  const rules: Rules = result.output;
  const known = {
    ground: new Set<string>(),
    thing: new Set<string>(),
    item: new Set<string>(),
    look: new Set<string>(),
  };
  const faces = new Set<string>();
  for (const meaning of legend.meanings) {
    if (meaning.kind === 'count') known.item.add(meaning.item);
    else {
      known.ground.add(meaning.ground);
      known.look.add(meaning.look);
      if (meaning.thing !== undefined) known.thing.add(meaning.thing);
      if (meaning.thing === rules.player && meaning.variant !== undefined) faces.add(meaning.variant);
    }
  }
  const check = (kind: keyof typeof known, names: readonly string[], where: string): void => {
    const unknown = names.find((name) => !known[kind].has(name));
    if (unknown === undefined) return;
    throw new SnowglobeError(
      `${source}: ${where} names the ${kind} '${unknown}', which the legend has not; it has ${[...known[kind]].slice(0, 12).join(', ')}.`,
    );
  };
  check('thing', [rules.player, ...rules.things], 'things');
  check('ground', rules.walkable, 'walkable');
  check('look', rules.helpless, 'helpless');
  check('item', Object.keys(rules.byItself), 'byItself');
  check('ground', rules.grounds.flat(), 'grounds');
  for (const [action, { faces: variant }] of Object.entries(rules.moves)) {
    if (!faces.has(variant)) {
      throw new SnowglobeError(
        `${source}: moves: '${action}' faces '${variant}', and the legend has no ${rules.player}-${variant}; it has ${[...faces].join(', ')}.`,
      );
    }
  }
  for (const { name, facing, thing, near, needs, takes, gives, becomes, puts } of rules.effects) {
    check(
      'ground',
      [...(facing ?? []), ...near, ...(becomes === undefined ? [] : [becomes])],
      `effect '${name}'`,
    );
    check(
      'thing',
      [thing, puts].filter((each) => each !== undefined),
      `effect '${name}'`,
    );
    check(
      'item',
      [needs, takes, gives].flatMap((each) => Object.keys(each)),
      `effect '${name}'`,
    );
  }
  return rules;
}
