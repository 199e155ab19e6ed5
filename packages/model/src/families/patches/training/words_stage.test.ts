import { GraphBuilder } from '@snowglobe/graph';
import { describe, expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import type { RecordedCaption } from '../../../recordings.js';
import { clauseWords } from '../../../text/encoder.js';
import { usualClauses, vocabularyOf } from '../../../text/vocabulary.js';
import type { WithWords } from '../config/config.js';
import { presets } from '../config/presets.js';
import { learnedInPlay } from '../words/first_frame.js';
import { captionFor, captionOdds, captionedFrames } from './captions.js';
import { ofUsualLook } from './usual_look.js';
import { wordsStage } from './words_stage.js';

const captions: readonly (readonly RecordedCaption[])[] = [
  [
    { frame: 0, sentence: 'a lake in the west and a cow', things: { water: [4, 'west'], Cow: [1, ''] } },
    { frame: 1, sentence: 'a forest' },
    { frame: 2, sentence: '…' },
  ],
];
const vocabulary = vocabularyOf(captions.flat());
const { poses: _, map: __, ...micro } = presets.micro;
const config: WithWords = {
  ...{ width: 12, height: 8, fps: 8 },
  ...micro,
  ...{ grid: { size: 4, top: 0, left: 0 }, codebook: 9, view: { top: 0, left: 0, rows: 2, columns: 3 } },
  ...{ actions: 2, motions: [[0, 0]], map: { rows: 8, columns: 9 } },
  words: { vocabulary, width: 8 },
};
const coded = { clips: [Int16Array.from({ length: 18 }, (_each, i) => i % 9)], columns: 3 };

describe('captions', () => {
  it('say some of what holds, in any order, with or without numbers and directions', () => {
    const [lake, forest, ...others] = captionedFrames(captions);
    expect(others).toEqual([]);
    const random = generatorFor(1, 'test');
    const said = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const clauses = captionFor(lake!, random).map((clause) => clause.join(' '));
      expect(clauses.length).toBeGreaterThan(0);
      clauses.forEach((clause) => said.add(clause));
    }
    expect([...said].sort()).toEqual(
      ['lake west', 'cow', '1 cow', 'water', '4 water', 'water west', '4 water west'].sort(),
    );
    expect(captionFor(forest!, random)).toEqual([['forest']]);
    const odds = captionOdds([lake!, forest!]);
    expect(odds).toHaveLength(2);
    expect(odds[1]).toBeGreaterThan(odds[0]!);
  });
});

it('captions of frames in a rarer look of the game are left out', () => {
  // Codes from 4 on are the night of codes from 0 on; all of the view changes every fourth frame.
  const night = Array.from({ length: 40 }, (_each, frame) => (frame % 8 < 4 ? 0 : 4));
  const day = [0, 1, 2, 3, 0, 1];
  const clip = Int16Array.from(night.flatMap((dark) => day.map((code) => code + dark)));
  const all = [night.map((_each, frame) => ({ frame, sentence: 'a forest' }))];
  const [left] = ofUsualLook(all, { clips: [clip], columns: 3 }, config);
  expect(left!.map(({ frame }) => frame % 8)).toEqual(
    night.flatMap((dark, frame) => (dark ? [] : [frame % 8])),
  );
});

describe('the words stage', () => {
  const stage = wordsStage(coded, captions, config);

  it('gives the frames that captions are of, and clauses of them and of others to judge', async () => {
    const batch = await stage.batches(1, generatorFor(2, 'batch'));
    const codes = batch['codes'] as Int32Array;
    const known = batch['known'] as Int32Array;
    for (let row = 0; row < stage.framesPerStep; row++) {
      const frame = [...codes.subarray(row * 6, row * 6 + 6)];
      expect([
        [0, 1, 2, 3, 4, 5],
        [6, 7, 8, 0, 1, 2],
      ]).toContainEqual(frame);
      frame.forEach((code, cell) => expect([0, code + 1]).toContain(known[row * 6 + cell]));
    }
    const clauses = batch['clauses'] as Int32Array;
    expect(clauses).toHaveLength(stage.framesPerStep * usualClauses * clauseWords);
    expect(Math.max(...clauses)).toBeLessThanOrEqual(vocabulary.length);
    const [holds, isJudged] = [batch['holds'] as Int32Array, batch['isJudged'] as Float32Array];
    const judged = holds.filter((_each, i) => isJudged[i] === 1);
    // As many clauses of the frame itself as of another one.
    expect(judged.reduce((sum, each) => sum + each, 0)).toBe(judged.length / 2);
  });

  it('learns all weights that first frames are drawn by, some of them from those of play', () => {
    const builder = new GraphBuilder();
    const { metrics } = stage.build(builder);
    expect(Object.keys(metrics!)).toEqual(['drawn', 'right', 'judging', 'agreed']);
    const names = [...builder.build().variables.keys()];
    expect(names.every((name) => name.startsWith('words/'))).toBe(true);
    expect(learnedInPlay('words/block0/attention/qkv/weight')).toBe('dynamics/block0/attention/qkv/weight');
    expect(learnedInPlay('words/block0/beside/q/weight')).toBeUndefined();
    expect(learnedInPlay('words/text/norm/gain')).toBeUndefined();
  });
});
