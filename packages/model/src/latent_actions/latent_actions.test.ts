import { GraphBuilder } from '@snowglobe/graph';
import { gradients } from '@snowglobe/kernels';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { parametersOf } from '../parameter.js';
import type { LatentActionConfig } from './config.js';
import { defaultLatentActions, evidencePairs } from './config.js';
import { focusOf, motionEvidence } from './evidence.js';
import { encodeActions, latentActionLoss } from './latent_actions.js';

const config: LatentActionConfig = {
  ...defaultLatentActions,
  range: { y: 2, x: 1 },
  border: { y: 2, x: 2 },
  hidden: 8,
  focus: 4,
};
const batch = 3;

describe('latent actions', () => {
  it('the first code changes sign when the world is mirrored, the second does not', async () => {
    const builder = new GraphBuilder();
    const shape = [batch, evidencePairs(config), 5, 3];
    const motion_BPYX = builder.input('motion', shape);
    const nextFocus_BFF3 = builder.input('focus', [batch, 4, 4, 3]);
    builder.output('z', encodeActions({ motion_BPYX, nextFocus_BFF3 }, config));
    const graph = builder.build();
    const executor = createReferenceExecutor();
    const store = executor.createStore();
    [...graph.variables].forEach(([name, tensor], i) => store.write(name, tensor, randomData(tensor, i)));
    const program = await executor.compile(graph, { store });

    const motion = randomData(motion_BPYX, 50) as Float32Array;
    const focus = randomData(nextFocus_BFF3, 60) as Float32Array;
    const mirroredMotion = motion.map((_, i) => motion[i - (i % 3) + (2 - (i % 3))]!);
    const mirroredFocus = focus.map((_, i) => {
      const column = Math.floor(i / 3) % 4;
      return focus[i + (3 - 2 * column) * 3]!;
    });
    const { z } = await program.run({ motion, focus });
    const { z: mirrored } = await program.run({ motion: mirroredMotion, focus: mirroredFocus });
    for (let b = 0; b < batch; b++) {
      expect(mirrored![2 * b]).toBeCloseTo(-z![2 * b]!, 3);
      expect(mirrored![2 * b + 1]).toBeCloseTo(z![2 * b + 1]!, 3);
      expect(Math.abs(z![2 * b]!)).toBeGreaterThan(1e-3);
    }
  });

  it('evidence peaks at the shift between two frames', async () => {
    const builder = new GraphBuilder();
    const [height, width] = [10, 12];
    const previous = builder.input('previous', [1, height, width, 3]);
    const current = builder.input('current', [1, height, width, 3]);
    builder.output('evidence', motionEvidence(previous, current, config));
    builder.output('focus', focusOf(previous, config));
    const program = await createReferenceExecutor().compile(builder.build());
    const before = randomData(previous, 1) as Float32Array;
    // The camera moves so that what was at (y + 1, x − 1) is now at (y, x).
    const after = before.map((_, i) => before[i + (width - 1) * 3] ?? 0);
    const result = await program.run({ previous: before, current: after });
    const evidence = [...result['evidence']!];
    expect(evidence.indexOf(Math.max(...evidence))).toBe((1 + 2) * 3 + (-1 + 1));
    expect(evidence.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    expect(result['focus']).toHaveLength(4 * 4 * 3);
  });

  it('the loss has gradients for every parameter', async () => {
    const builder = new GraphBuilder();
    const evidence = {
      motion_BPYX: builder.input('motion', [batch, evidencePairs(config), 5, 3]),
      focus_BFF3: builder.input('focus', [batch, 4, 4, 3]),
      nextFocus_BFF3: builder.input('nextFocus', [batch, 4, 4, 3]),
    };
    const loss = latentActionLoss(evidence, builder.input('noise', [batch, 2]), config);
    const names = [...parametersOf(builder).keys()];
    gradients(
      loss,
      names.map((name) => builder.build().variables.get(name)!),
    ).forEach((gradient, i) => builder.output(names[i]!, gradient));
    const graph = builder.build();
    const executor = createReferenceExecutor();
    const store = executor.createStore();
    [...graph.variables].forEach(([name, tensor], i) => store.write(name, tensor, randomData(tensor, i + 3)));
    const program = await executor.compile(graph, { store });
    const inputs = Object.fromEntries(
      [...graph.inputs].map(([name, tensor], i) => [name, randomData(tensor, 90 + i)]),
    );
    const result = await program.run(inputs);
    for (const name of names) {
      // A bias before a difference of equal functions, or before a norm, has no effect by construction.
      if (/encoder\/(odd|even)\/out\/bias/.test(name)) continue;
      expect(
        result[name]!.some((value) => value !== 0),
        name,
      ).toBe(true);
    }
  });
});
