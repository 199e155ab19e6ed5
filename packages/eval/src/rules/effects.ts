/** Which effects of the rules must, may and must not come, and which came. */
import type { GameState } from './game_state.js';
import { countOf, facedCell, meaningAt } from './game_state.js';
import type { Effect, Rules } from './rules.js';

/** Whether an effect's conditions hold, beside its action; `undefined` where the picture does not tell. */
export function conditionsHold(effect: Effect, state: GameState): boolean | undefined {
  if (state.helpless) return false;
  for (const [item, least] of [...Object.entries(effect.needs), ...Object.entries(effect.takes)]) {
    if (countOf(state, item) < least) return false;
  }
  if (!effect.near.every((ground) => isNear(state, ground))) return false;
  const looksAhead =
    effect.facing !== undefined || effect.thing !== undefined || effect.becomes !== undefined;
  if (!looksAhead) return true;
  const cell = facedCell(state);
  if (!cell) return undefined;
  const ahead = meaningAt(state, cell);
  if (!ahead) return undefined;
  if (effect.thing === undefined ? ahead.thing !== undefined : ahead.thing !== effect.thing) return false;
  if (effect.variant !== undefined && ahead.variant !== effect.variant) return false;
  return effect.facing === undefined || effect.facing.includes(ahead.ground);
}

function isNear(state: GameState, ground: string): boolean {
  const { player } = state.legend;
  for (let row = player.row - 1; row <= player.row + 1; row++) {
    for (let column = player.column - 1; column <= player.column + 1; column++) {
      if (meaningAt(state, { column, row })?.ground === ground) return true;
    }
  }
  return false;
}

/** What an effect makes of the items that it names, at most `most` of each. */
function countsAfter(effect: Effect, before: GameState, { most }: Rules): Map<string, number> {
  const items = new Set([...Object.keys(effect.takes), ...Object.keys(effect.gives)]);
  return new Map(
    [...items].map((item) => {
      const count = countOf(before, item) - (effect.takes[item] ?? 0) + (effect.gives[item] ?? 0);
      return [item, Math.min(most, count)];
    }),
  );
}

/** Whether an effect would change anything that can be seen: a tenth piece of wood does not. */
export function isVisible(effect: Effect, before: GameState, rules: Rules): boolean {
  if (effect.becomes !== undefined || effect.puts !== undefined) return true;
  return [...countsAfter(effect, before, rules)].some(([item, count]) => count !== countOf(before, item));
}

/** Whether an effect came exactly: its items and the faced cell, which the player still faces. */
export function cameExactly(effect: Effect, before: GameState, after: GameState, rules: Rules): boolean {
  for (const [item, count] of countsAfter(effect, before, rules)) {
    if (countOf(after, item) !== count) return false;
  }
  const cell = facedCell(before);
  if (effect.becomes === undefined && effect.puts === undefined) return true;
  const ahead = cell && meaningAt(after, cell);
  if (!ahead) return false;
  if (effect.becomes !== undefined && ahead.ground !== effect.becomes) return false;
  return effect.puts === undefined || ahead.thing === effect.puts;
}

/** Effects of an action that are legal in a state. */
export function legalEffects(rules: Rules, action: string | undefined, state: GameState): Effect[] {
  return rules.effects.filter(
    (effect) => effect.action === action && conditionsHold(effect, state) !== false,
  );
}

/** Items that changed by more than the rules let them: something for nothing, or nothing for something. */
export function unexplainedItems(
  rules: Rules,
  action: string | undefined,
  before: GameState,
  after: GameState,
): string[] {
  const legal = legalEffects(rules, action, before);
  const items = new Set([...before.counts.keys(), ...after.counts.keys()]);
  return [...items].filter((item) => {
    const [was, is] = [countOf(before, item), countOf(after, item)];
    if (was === is) return false;
    const own = rules.byItself[item] ?? [];
    // Two things may happen to somebody at once: hunger and a blow.
    const itself = [0, ...own, ...own.flatMap((a) => own.map((b) => a + b))];
    const effects = [0, ...legal.map((effect) => (effect.gives[item] ?? 0) - (effect.takes[item] ?? 0))];
    return !effects.some((effect) =>
      itself.some(
        (change) => Math.max(0, Math.min(rules.most, Math.min(rules.most, was + effect) + change)) === is,
      ),
    );
  });
}
