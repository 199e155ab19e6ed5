import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { argmax } from '@snowglobe/kernels';
import { freshness } from '../../../memory/map/geometry.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import { embedFrame, patchLogits } from '../dynamics/dynamics.js';
import { motionLogits } from '../motion/motion_head.js';
import { emptyInputs, fillContext, frameContextInputs } from './dynamics_stage.js';
import type { Transitions } from './transitions.js';

/** Shares (0 … 1) of cells that are right in one pass, given the true last frame and what the map shows of it. */
export interface Accuracy {
  /** Of cells that were in the last frame. */
  readonly seenCells: number;
  /** Of those among them that change. */
  readonly changedCells: number;
  /** Of cells that were seen earlier. */
  readonly earlierCells: number;
  /** Of cells that were never seen. */
  readonly newCells: number;
  /** Motions that are right, of those that frames show without doubt. */
  readonly motion: number;
}

const batch = 64;
/** Transitions that are measured, evenly spread. */
const most = 6400;

export async function measureAccuracy(
  transitions: Transitions,
  config: PatchesConfig,
  { executor, store }: { readonly executor: Executor; readonly store: VariableStore },
): Promise<Accuracy> {
  const cells = cellCount(config);
  const builder = new GraphBuilder();
  const inputs = frameContextInputs(builder, config, batch);
  const known = builder.constant(new Int32Array(batch * cells), [batch, cells]);
  builder.output(
    'codes',
    argmax(builder.scope('dynamics', () => patchLogits(embedFrame(inputs, config), known, config))),
  );
  builder.output('motions', argmax(motionLogits(inputs.last_BP, inputs.action_BA, config)));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const of = (): { right: number; all: number } => ({ right: 0, all: 0 });
  const counts = { seen: of(), changed: of(), earlier: of(), unseen: of(), motion: of() };
  const count = (kind: keyof typeof counts, isRight: boolean): void => {
    counts[kind].all++;
    if (isRight) counts[kind].right++;
  };
  const stride = Math.max(1, Math.ceil(transitions.count / most));
  const chosen = [...Array(Math.floor((transitions.count - 1) / stride) + 1).keys()].map((i) => i * stride);
  try {
    for (let first = 0; first < chosen.length; first += batch) {
      const some = chosen.slice(first, first + batch);
      const rows = emptyInputs(config, batch);
      some.forEach((n, b) => fillContext(rows, b, transitions, n, config));
      const { codes, motions } = await program.run(rows);
      some.forEach((n, b) => {
        if (transitions.labels.isClear[n]) count('motion', motions![b] === transitions.labels.motions[n]);
        for (let cell = 0; cell < cells; cell++) {
          const at = n * cells + cell;
          const next = transitions.next[at]!;
          const isRight = codes![b * cells + cell] === next;
          const fresh = transitions.freshness[at];
          if (fresh === freshness.never) count('unseen', isRight);
          else if (fresh === freshness.earlier) count('earlier', isRight);
          else {
            count('seen', isRight);
            if (transitions.hint[at] !== next + 1) count('changed', isRight);
          }
        }
      });
    }
  } finally {
    await program.close();
  }
  const share = ({ right, all }: { right: number; all: number }): number => (all === 0 ? 1 : right / all);
  return {
    seenCells: share(counts.seen),
    changedCells: share(counts.changed),
    earlierCells: share(counts.earlier),
    newCells: share(counts.unseen),
    motion: share(counts.motion),
  };
}
