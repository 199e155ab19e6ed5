import { findEffects } from './find_effects.js';
import { findControlledCell } from '../motion/controlled_cell.js';
import { findLooks } from './find_looks.js';
import type { LabelledTransitions } from '../motion/labelled.js';
import { forLabelled } from '../motion/labelled.js';
import type { LatentActions } from '../config/latent_actions.js';
import { EventReader, eventNames } from './event_reader.js';
import { settleByLook } from './settle_motions.js';

/** Times that a patch is walked onto for each time that it is faced at rest, from which on it counts as free. */
const leastSteps = 0.2;
/** Share of all transitions, and number of them, from which on a kind of events has a code of its own; and codes at most. */
const [leastShare, leastEvents, mostCodes] = [0.0004, 20, 64];

/** Finds what actions do in recordings, without labels; undefined where nothing tells any apart. */
export function findLatentActions(recorded: LabelledTransitions): LatentActions | undefined {
  if (recorded.motions.length < 2) return undefined;
  const cell = findControlledCell(recorded);
  const looks = cell === undefined ? [] : findLooks(recorded, cell);
  let found: LatentActions = { ...(cell !== undefined && { cell }), looks, free: [], effects: [], codes: [] };
  const settle = (): LabelledTransitions => ({
    ...recorded,
    labels: { ...recorded.labels, motions: settleByLook(recorded, new EventReader(found, recorded)) },
  });
  if (cell !== undefined) found = { ...found, free: findFree(recorded, found, cell) };
  const settled = settle();
  found = { ...found, effects: findEffects(settled, found) };
  return { ...found, codes: countCodes(settled, found) };
}

/** Patches that what is controlled walks onto. */
function findFree(recorded: LabelledTransitions, found: LatentActions, cell: number): number[] {
  const reader = new EventReader(found, recorded);
  const [onto, faced] = [new Map<number, number>(), new Map<number, number>()];
  const count = (counts: Map<number, number>, patch: number): void =>
    void counts.set(patch, (counts.get(patch) ?? 0) + 1);
  forLabelled(recorded, (before, after, motion, isClear) => {
    if (!isClear) return;
    if (motion !== 0) {
      const [down, right] = recorded.motions[motion]!;
      const patch = before[cell + down * recorded.columns + right];
      if (patch !== undefined) count(onto, patch);
      return;
    }
    const ahead = reader.facedCell(reader.look(after));
    if (ahead !== undefined) count(faced, before[ahead]!);
  });
  return [...onto]
    .filter(([patch, steps]) => steps > leastSteps * (faced.get(patch) ?? 0))
    .map(([patch]) => patch)
    .sort((a, b) => a - b);
}

/** The kinds of events that are frequent enough; rarer ones belong to wider kinds. */
function countCodes(recorded: LabelledTransitions, found: LatentActions): string[] {
  const reader = new EventReader(found, recorded);
  let open: { readonly names: string[]; count: number }[] = [];
  const byName = new Map<string, (typeof open)[number]>();
  forLabelled(recorded, (before, after, motion) => {
    const names = eventNames(reader.read(before, after, motion));
    const known = byName.get(names[0]!);
    if (known) known.count++;
    else byName.set(names[0]!, { names, count: 1 });
  });
  open = [...byName.values()];
  const total = open.reduce((sum, { count }) => sum + count, 0);
  const codes = new Map<string, number>();
  for (let level = 0; open.length > 0; level++) {
    const counts = new Map<string, number>();
    for (const { names, count } of open) counts.set(names[level]!, (counts.get(names[level]!) ?? 0) + count);
    for (const [name, count] of counts)
      if (count >= Math.max(leastEvents, leastShare * total)) codes.set(name, count);
    open = open.filter(({ names }) => !codes.has(names[level]!) && names.length > level + 1);
  }
  return [...codes]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, mostCodes)
    .map(([name]) => name);
}
