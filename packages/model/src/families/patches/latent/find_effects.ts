import type { LabelledTransitions } from '../motion/labelled.js';
import { forLabelled } from '../motion/labelled.js';
import type { LatentActions } from '../config/latent_actions.js';
import { changeKey, EventReader, standingCells } from './event_reader.js';

/** Occurrences from which on a change of the standing cells is judged, and the share of them at rest that says that it was done. */
const [leastEffects, leastAtRest] = [20, 0.85];

interface Kind {
  readonly change: readonly [number, number];
  all: number;
  atRest: number;
}

/** Groups of changes of standing cells that hardly ever come about while the view moves: two things are not done at once. */
export function findEffects(recorded: LabelledTransitions, found: LatentActions): LatentActions['effects'] {
  const reader = new EventReader(found, recorded);
  const standing = standingCells(recorded);
  const kinds = new Map<number, Kind>();
  const shown = new Map<number, number>();
  forLabelled(recorded, (before, after, motion) => {
    const look = reader.look(after);
    const rests = motion === 0 && reader.look(before) === look && (found.looks.length === 0 || look !== 0);
    for (const cell of standing) {
      shown.set(before[cell]!, (shown.get(before[cell]!) ?? 0) + 1);
      if (before[cell] === after[cell]) continue;
      const key = changeKey(before[cell]!, after[cell]!);
      let kind = kinds.get(key);
      if (!kind) kinds.set(key, (kind = { change: [before[cell]!, after[cell]!], all: 0, atRest: 0 }));
      kind.all++;
      if (rests) kind.atRest++;
    }
  });
  const effects = [...kinds.values()].filter(
    ({ all, atRest }) => all >= leastEffects && atRest >= leastAtRest * all,
  );
  // What most standing cells show is an empty place: all kinds of things come there and go from there.
  const [empty] = [...shown].reduce((most, each) => (each[1] > most[1] ? each : most), [-1, 0]);
  return groupsOf(effects, empty)
    .map((group) => ({ group, all: group.reduce((sum, { all }) => sum + all, 0) }))
    .sort((a, b) => a.all - b.all)
    .map(({ group }) => group.map(({ change }) => change));
}

/** Changes that patches other than the empty one link. */
function groupsOf(effects: readonly Kind[], empty: number): Kind[][] {
  const groups: { readonly patches: Set<number>; readonly kinds: Kind[] }[] = [];
  for (const kind of effects) {
    const patches = kind.change.filter((patch) => patch !== empty);
    const linked = groups.filter((group) => patches.some((patch) => group.patches.has(patch)));
    const merged = { patches: new Set(patches), kinds: [kind] };
    for (const group of linked) {
      group.patches.forEach((patch) => merged.patches.add(patch));
      merged.kinds.unshift(...group.kinds);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(merged);
  }
  return groups.map(({ kinds }) => kinds);
}
