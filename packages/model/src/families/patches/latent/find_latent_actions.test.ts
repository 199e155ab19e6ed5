import { describe, expect, it } from 'vitest';
import { contingencyTable, entropyBits, mutualInformationBits } from '../../../actions/information.js';
import type { PatchesConfig } from '../config/config.js';
import { patchesFamily } from '../patches_family.js';
import { findMotion } from '../survey/find_motion.js';
import { labelMotions } from '../survey/label_motions.js';
import { survey } from '../survey/survey.js';
import { meadowRecordings } from '../testing/meadow.js';
import { quarry, quarryClip } from '../testing/quarry.js';
import { findLatentActions } from './find_latent_actions.js';
import type { LabelledTransitions } from '../motion/labelled.js';
import { EventReader } from './event_reader.js';
import { readLatentActions } from './read_actions.js';

/** Clips of a quarry, from one seed on. */
function recorded(
  count: number,
  seed: number,
): { readonly recorded: LabelledTransitions; actions: number[] } {
  const played = Array.from({ length: count }, (_, i) => quarryClip(300, seed + i));
  const clips = played.map(({ codes }) => codes);
  const { rows, columns } = quarry;
  const { view, motions } = findMotion({ rows, columns, clips });
  const frame = { width: columns, height: rows, grid: { size: 1, top: 0, left: 0 } };
  const labels = labelMotions({ clips, columns }, { ...frame, view, motions });
  return {
    recorded: { clips, cells: rows * columns, columns, view, motions, labels },
    actions: played.flatMap(({ actions }) => actions),
  };
}

const train = recorded(20, 100);
/** The pixels of a quarry drawn in patches of four. */
const frame = { width: 20, height: 24, fps: 8, view: { top: 0, left: 0, rows: 0, columns: 0 } };
const found = findLatentActions(train.recorded)!;

describe('actions found without labels', () => {
  it('know what is controlled, where it faces, what it walks onto, and what is done', () => {
    expect(found.cell).toBe(12);
    expect(found.looks).toEqual([
      { facing: [-1, 0], patches: [quarry.player.up] },
      { facing: [1, 0], patches: [quarry.player.down] },
      { facing: [0, -1], patches: [quarry.player.left] },
      { facing: [0, 1], patches: [quarry.player.right] },
    ]);
    expect(found.free).toEqual(quarry.free);
    // The count goes up by what is done; hunger goes down by itself, and is no effect.
    expect(found.effects).toHaveLength(1);
    expect(found.effects[0]!.length).toBeGreaterThan(4);
    expect(new Set(found.effects[0]!.map(([before, after]) => after - before))).toEqual(new Set([1]));
    expect(found.codes).toContain('effect 0');
    expect(found.codes).toContain(`faced ${quarry.rock}>0`);
  });

  it('tell of the true ones on clips that were not seen', () => {
    const test = recorded(8, 900);
    const { actions } = readLatentActions(test.recorded, found);
    const table = contingencyTable(actions.flat(), test.actions, found.codes.length, 6);
    const rowOf = (name: string): readonly number[] => table[found.codes.indexOf(name)]!;
    for (const done of ['effect 0', `faced ${quarry.rock}>0`]) {
      expect(rowOf(done).slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
      expect(rowOf(done)[5]).toBeGreaterThan(20);
    }
    // What cannot be seen, such as doing something in front of a wall, is not told by anything.
    const motionAlone = contingencyTable(test.recorded.labels.motions, test.actions, 5, 6);
    const [told, byMotion] = [table, motionAlone].map(mutualInformationBits) as [number, number];
    const all = entropyBits(quarry.actionNames.map((_, a) => table.reduce((sum, row) => sum + row[a]!, 0)));
    expect(told).toBeGreaterThan(0.72 * all);
    expect(told).toBeGreaterThan(byMotion + 0.3);
  });

  it('settle motions that frames leave in doubt', () => {
    const { labels } = train.recorded;
    const doubtful = { ...train.recorded, labels: { ...labels, isClear: labels.isClear.map(() => 0) } };
    const settled = readLatentActions(doubtful, found).labels.motions;
    const agree = [...labels.isClear.keys()].filter((n) => labels.isClear[n]);
    const right = agree.filter((n) => settled[n] === labels.motions[n]).length;
    expect(right / agree.length).toBeGreaterThan(0.98);
  });

  it('belong to a wider kind where their own is not known, and to rest where nothing is', () => {
    const reader = new EventReader({ ...found, codes: ['rest', 'turn', 'effect'] }, train.recorded);
    const [before, turned] = [
      Int16Array.from({ length: 30 }, () => 0),
      Int16Array.from({ length: 30 }, () => 0),
    ];
    before[12] = quarry.player.up;
    turned[12] = quarry.player.left;
    expect(reader.code(before, turned, 0)).toBe(1);
    expect(reader.code(before, before, 0)).toBe(0);
    const [from, to] = found.effects[0]![0]!;
    const [low, high] = [Int16Array.from(before), Int16Array.from(before)];
    [low[26], high[26]] = [from, to];
    expect(reader.code(low, high, 0)).toBe(2);
  });

  it('are nothing but how the view moves where nothing turns: the meadow', async () => {
    const { findings, findsActions } = await survey(meadowRecordings(12, 60));
    const latent = findings!.latentActions!;
    expect(findsActions).toBe(true);
    expect(latent).toMatchObject({ cell: 12, looks: [], effects: [] });
    expect([...latent.codes].sort()).toEqual(['motion 1', 'motion 2', 'motion 3', 'motion 4', 'rest 0']);
  });

  it('are none where no view scrolls, which is told before training', () => {
    const clips = [new Int16Array(60).fill(3)];
    const still = { ...train.recorded, clips, motions: [[0, 0] as const] };
    expect(findLatentActions(still)).toBeUndefined();
    const findings = { grid: { size: 4, top: 0, left: 0 }, codebook: 9, view: frame.view, motions: [[0, 0]] };
    expect(() => patchesFamily.fromPreset('micro', frame, { findings })).toThrow(
      'nothing in these recordings tells actions apart without labels, because no view scrolls in them',
    );
    const { actions } = patchesFamily.fromPreset('micro', frame, { findings, trueActions: 3 });
    expect(actions).toEqual({ count: 3, areLatent: false, states: 1 });
  });

  it('are part of a config, which is checked', () => {
    const { view, motions } = train.recorded;
    const findings = { grid: { size: 4, top: 0, left: 0 }, codebook: quarry.codebook, view, motions };
    const model = patchesFamily.fromPreset('micro', frame, {
      findings: { ...findings, latentActions: found },
    });
    expect(model.actions).toEqual({ count: found.codes.length, areLatent: true, states: 1 });
    const config = JSON.parse(JSON.stringify(model.config)) as PatchesConfig;
    expect(patchesFamily.parse(config).config).toEqual(model.config);
    const wrong = (change: Partial<PatchesConfig>) => () => patchesFamily.parse({ ...config, ...change });
    expect(wrong({ actions: 3 })).toThrow('actions must be as many as latentActions.codes');
    expect(wrong({ latentActions: { ...found, cell: 0 } })).toThrow(
      'latentActions.cell and the cells that it faces must lie within view',
    );
    expect(wrong({ latentActions: { ...found, codes: found.codes.map(() => 'rest') } })).toThrow(
      'must differ',
    );
    expect(wrong({ latentActions: { ...found, codes: ['jump'] } })).toThrow('config.latentActions.codes');
  });
});
