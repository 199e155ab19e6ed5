import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutTails } from './min_p.js';

/** Logits of rows, with the share of each. */
async function run(rows: readonly (readonly number[])[], shares: readonly number[]): Promise<number[][]> {
  const size = rows[0]!.length;
  const builder = new GraphBuilder();
  const logits = builder.input('logits', [rows.length, size]);
  builder.output('kept', withoutTails(logits, builder.input('shares', [rows.length, 1])));
  const program = await createReferenceExecutor().compile(builder.build());
  const { kept } = await program.run({
    logits: Float32Array.from(rows.flat()),
    shares: Float32Array.from(shares),
  });
  return rows.map((_, i) => [...kept!.slice(i * size, (i + 1) * size)]);
}

describe('withoutTails', () => {
  it('leaves what is at least a share as likely as the likeliest, and nothing else', async () => {
    const logit = fc.float({ min: -12, max: 12, noNaN: true });
    const share = fc.float({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(logit, { minLength: 2, maxLength: 9 }), share, async (row, least) => {
        const [kept] = await run([row], [least]);
        const best = Math.max(...row);
        row.forEach((value, k) => {
          const ratio = Math.exp(value - best);
          // What is a rounding away from the limit may fall on either side.
          if (Math.abs(ratio - least) < 1e-4) return;
          expect(kept![k]).toBe(ratio > least ? value : -1e4);
        });
        expect(kept).toContain(best);
      }),
    );
  });

  it('keeps all where the share is 0, and the likeliest alone where it is 1', async () => {
    const rows = [
      [3, -60, 2.5],
      [3, -60, 2.5],
    ];
    expect(await run(rows, [0, 1])).toEqual([rows[0], [3, -1e4, -1e4]]);
  });
});
