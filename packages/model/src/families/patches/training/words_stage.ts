import { argmax, concat, crossEntropy, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { StageDefinition } from '../../../family/training.js';
import type { RecordedCaption } from '../../../recordings.js';
import { clauseIds, clauseWords, idsOf } from '../../../text/encoder.js';
import type { WithWords } from '../config/config.js';
import { cellCount, clausesAtOnce } from '../config/config.js';
import type { CodedRecordings } from '../survey/label_motions.js';
import { firstFrameLogits } from '../words/first_frame.js';
import { judgeClauses } from '../words/judge.js';
import { captionFor, captionOdds, captionedFrames, someClauses } from './captions.js';
import { drawTransition } from './drawing_odds.js';

/** Shapes: B frames, P cells, K clauses. */

/** Frames of a training step. */
const batch = 32;
/** Share of frames of which nothing is said, so that what words change can be told (classifier-free guidance). */
const untold = 0.1;
/** Clauses that are judged of a frame: at most half of them its own, and as many of another one. */
const judgedClauses = 12;

/** Masked prediction of frames from what is said of them, and judging of which of them clauses are said. The loss is in nats. */
export function wordsStage(
  coded: CodedRecordings,
  captions: readonly (readonly RecordedCaption[])[],
  config: WithWords,
): StageDefinition {
  const cells = cellCount(config);
  const frames = captionedFrames(captions);
  const odds = captionOdds(frames);
  const ids = idsOf(config.words.vocabulary);
  const slots = clausesAtOnce(config);
  const codesOf = (n: number): Int16Array => {
    const { clip, frame } = frames[n]!;
    return coded.clips[clip]!.subarray(frame * cells, (frame + 1) * cells);
  };
  return {
    framesPerStep: batch,
    optimizer: { muon: { learningRate: 0.008 }, adamw: { learningRate: 1.5e-3, beta2: 0.98 } },
    build: (builder) => {
      const clauses = (name: string, count: number) =>
        builder.input(name, [batch, count, clauseWords], 'i32');
      const known = builder.input('known', [batch, cells], 'i32');
      const codes = builder.input('codes', [batch, cells], 'i32');
      const logits = firstFrameLogits(known, clauses('clauses', slots), config);
      const masked = p.toF32(p.equal(known, 0));
      const total = p.max(sum(masked), 1);
      const drawn = p.div(sum(p.mul(crossEntropy(logits, codes), masked)), total);
      const right = p.div(sum(p.mul(p.toF32(p.equal(argmax(logits), codes)), masked)), total);

      const holds = builder.input('holds', [batch, judgedClauses], 'i32');
      const isJudged = builder.input('isJudged', [batch, judgedClauses]);
      const logits_BK = judgeClauses(p.add(codes, 1), clauses('judged', judgedClauses), config);
      const scores = reshape(logits_BK, [batch, judgedClauses, 1]);
      const choice = concat([p.mul(scores, 0), scores], 2);
      const judgements = p.max(sum(isJudged), 1);
      const judging = p.div(sum(p.mul(crossEntropy(choice, holds), isJudged)), judgements);
      const agreed = p.div(sum(p.mul(p.toF32(p.equal(argmax(choice), holds)), isJudged)), judgements);
      return { loss: p.add(drawn, p.mul(judging, 0.5)), metrics: { drawn, right, judging, agreed } };
    },
    batches: (_, random) => {
      const inputs = {
        known: new Int32Array(batch * cells),
        codes: new Int32Array(batch * cells),
        clauses: new Int32Array(batch * slots * clauseWords),
        judged: new Int32Array(batch * judgedClauses * clauseWords),
        holds: new Int32Array(batch * judgedClauses),
        isJudged: new Float32Array(batch * judgedClauses),
      };
      for (let b = 0; b < batch; b++) {
        const n = drawTransition(odds, random);
        const codes = codesOf(n);
        inputs.codes.set(codes, b * cells);
        const masked = Math.cos((uniformFloat64(random) * Math.PI) / 2);
        codes.forEach((code, cell) => {
          inputs.known[b * cells + cell] = uniformFloat64(random) < masked ? 0 : code + 1;
        });
        const told = uniformFloat64(random) < untold ? [] : captionFor(frames[n]!, random);
        inputs.clauses.set(clauseIds(told, ids, slots), b * slots * clauseWords);
        judgements(b, n, drawTransition(odds, random), random);
      }
      return inputs;

      /** Puts clauses of the frame itself and of another one into a row, as many of each. */
      function judgements(row: number, n: number, other: number, random: JumpableRandomGenerator): void {
        const own = someClauses(frames[n]!, judgedClauses / 2, random);
        const isOwn = new Set(own.map((clause) => clause.join(' ')));
        const others = someClauses(frames[other]!, judgedClauses / 2, random);
        const foreign = others.filter((clause) => !isOwn.has(clause.join(' ')));
        const count = Math.min(own.length, foreign.length);
        const both = [...own.slice(0, count), ...foreign.slice(0, count)];
        inputs.judged.set(clauseIds(both, ids, judgedClauses), row * judgedClauses * clauseWords);
        both.forEach((_clause, k) => {
          inputs.holds[row * judgedClauses + k] = k < count ? 1 : 0;
          inputs.isJudged[row * judgedClauses + k] = 1;
        });
      }
    },
  };
}
