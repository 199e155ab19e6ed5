import type { Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import { uniformBelowOne } from '../../../masked/chance.js';
import type { WithMovers } from '../config/config.js';
import { presets } from '../config/presets.js';
import { withoutTails } from '../../../masked/min_p.js';
import { placeMovers, withinKinds } from './movers.js';

const onnx = createNodeOnnxExecutor({ threads: 1 });
const reference = createReferenceExecutor();
afterAll(async () => void (await Promise.all([onnx.close(), reference.close()])));

const [rows, columns] = [6, 7];
const cells = rows * columns;
const { map, poses: _, ...micro } = presets.micro;
/** Grass 0, sand 1; cows 2 and 3; an arrow 4. */
const config: WithMovers = {
  ...{ width: columns * 4, height: rows * 4, fps: 8, ...micro, map, actions: 1, codebook: 5 },
  grid: { size: 4, top: 0, left: 0 },
  // The last row does not scroll.
  view: { top: 0, left: 0, rows: rows - 1, columns },
  motions: [[0, 0]],
  movers: [[2, 3], [4]],
};
const codes = config.codebook;
const [grass, cow, arrow] = [0, 2, 4];
const none = config.movers.length;

interface Frame {
  /** (P) codes of the last frame, from 0. */
  readonly before: readonly number[];
  /** (P, K) */
  readonly shares: Float32Array;
  readonly uniforms: readonly number[];
}

/** What each cell shows by kinds, of frames side by side. */
async function place(
  frames: readonly Frame[],
  {
    executor = onnx as Executor,
    temperature = 1,
    leastShare = 0,
    lasting = undefined as readonly number[] | undefined,
  } = {},
) {
  const batch = frames.length;
  const builder = new GraphBuilder();
  const logits = builder.input('logits', [batch, cells, codes]);
  const hint_BP = builder.input('hint', [batch, cells], 'i32');
  const uniforms_BP = builder.input('uniforms', [batch, cells]);
  const heat = builder.input('temperature', [1]);
  const likely_BPK = withoutTails(logits, builder.input('leastShare', [1]));
  const kinds = placeMovers(
    logits,
    { hint_BP, likely_BPK, uniforms_BP, temperature: heat },
    { ...config, lasting },
  );
  builder.output('kinds', kinds);
  builder.output('within', withinKinds(logits, kinds, heat, config));
  const program = await executor.compile(builder.build());
  const { kinds: found, within } = await program.run({
    logits: Float32Array.from(
      frames.flatMap(({ shares }) => [...shares].map((x) => Math.log(Math.max(x, 1e-12)))),
    ),
    hint: Int32Array.from(frames.flatMap(({ before }) => before.map((code) => code + 1))),
    uniforms: Float32Array.from(frames.flatMap(({ uniforms }) => uniforms)),
    temperature: Float32Array.of(temperature),
    leastShare: Float32Array.of(leastShare),
  });
  await program.close();
  const kindOf = (b: number, cell: number): number =>
    Array.from(
      { length: none + 1 },
      (_unused, kind) => found![(b * cells + cell) * (none + 1) + kind]!,
    ).indexOf(1);
  return {
    kinds: frames.map((_unused, b) => Array.from({ length: cells }, (__, cell) => kindOf(b, cell))),
    within: within as Float32Array,
  };
}

const uniformsOf = (seed: number): number[] => {
  const random = generatorFor(seed, 'movers');
  return Array.from({ length: cells }, () => uniformBelowOne(random));
};

/** Grass, with things here and there, and how likely they are where. */
function frameOf(
  things: readonly {
    readonly cell: number;
    readonly code: number;
    readonly goes: Readonly<Record<number, number>>;
  }[],
  seed: number,
): Frame {
  const before = new Array<number>(cells).fill(grass);
  const shares = new Float32Array(cells * codes);
  for (let cell = 0; cell < cells; cell++) shares[cell * codes + grass] = 1;
  for (const { cell, code, goes } of things) {
    if (cell >= 0) before[cell] = code;
    for (const [to, share] of Object.entries(goes)) {
      shares[Number(to) * codes + code]! += share;
      shares[Number(to) * codes + grass]! -= share;
    }
  }
  return { before, shares, uniforms: uniformsOf(seed) };
}

const at = (row: number, column: number): number => row * columns + column;
const beside = (cell: number): number[] => [cell - columns, cell + columns, cell - 1, cell + 1];

describe('things that move', () => {
  it('are found in one of their places each, however likely the network makes that on the whole', async () => {
    const spots = [at(1, 1), at(1, 5), at(3, 3)];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.double({ min: 0.17, max: 0.22, noNaN: true }), { minLength: 5, maxLength: 5 }), {
          minLength: 3,
          maxLength: 3,
        }),
        fc.nat(1e6),
        async (weights, seed) => {
          const things = spots.map((cell, i) => ({
            cell,
            code: i === 2 ? arrow : cow,
            goes: Object.fromEntries([cell, ...beside(cell)].map((to, n) => [to, weights[i]![n]!])),
          }));
          const [kinds] = (await place([frameOf(things, seed)])).kinds;
          things.forEach(({ cell, code }) => {
            const kind = code === cow ? 0 : 1;
            // Its weights sum to 0.85 at least, which is as good as certain unless the uniform is in the last thousandth.
            const there = [cell, ...beside(cell)].filter((to) => kinds![to] === kind);
            expect(there.length).toBeLessThanOrEqual(1);
            if (uniformsOf(seed)[cell]! < 0.998) expect(there).toHaveLength(1);
          });
          expect(kinds!.filter((kind) => kind !== none).length).toBeLessThanOrEqual(things.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are somewhere, of kinds that last, where they are unlikely on the whole; not where they are surely gone', async () => {
    const [cell, other] = [at(2, 2), at(2, 5)];
    const goes = (share: number, from: number) => ({ [from]: share / 4, [from + columns]: (3 * share) / 4 });
    const count = 400;
    const shown = async (share: number, lasting?: readonly number[]) => {
      const frames = Array.from({ length: count }, (_unused, i) =>
        frameOf(
          [
            { cell, code: cow, goes: goes(share, cell) },
            { cell: other, code: arrow, goes: goes(share, other) },
          ],
          i,
        ),
      );
      const { kinds } = await place(frames, { ...(lasting && { lasting }) });
      return [0, 1].map((kind) => kinds.map((each) => each.filter((is) => is === kind).length));
    };
    const [lastingCows, arrows] = await shown(0.3, [0]);
    expect(lastingCows!.every((there) => there === 1)).toBe(true);
    // Of the others a share of 0.3 is odds of 0.03.
    expect(arrows!.filter((there) => there > 0).length).toBeLessThan(0.08 * count);
    expect((await shown(0.3))[0]!.filter((there) => there > 0).length).toBeLessThan(0.08 * count);
    expect((await shown(0.02, [0]))[0]!.every((there) => there === 0)).toBe(true);
  });

  it('come, of kinds that last, at the edges and with land never seen alone; of other kinds anywhere', async () => {
    const [within, unseen, atEdge] = [at(2, 1), at(2, 4), at(0, 2)];
    const comes = { [within]: 0.5, [unseen]: 0.5, [atEdge]: 0.5 };
    const count = 400;
    const found = async (code: number, lasting?: readonly number[]) => {
      const frames = Array.from({ length: count }, (_unused, i) => {
        const frame = frameOf([{ cell: -1, code, goes: comes }], i);
        return { ...frame, before: frame.before.map((was, cell) => (cell === unseen ? -1 : was)) };
      });
      const { kinds } = await place(frames, { ...(lasting && { lasting }) });
      return [within, unseen, atEdge].map((cell) => kinds.filter((each) => each[cell] !== none).length);
    };
    const often = (times: number) =>
      expect(Math.abs(times - count / 2)).toBeLessThan(4.5 * Math.sqrt(count / 4));
    const [inside, ...others] = await found(cow, [0]);
    expect(inside).toBe(0);
    others.forEach(often);
    (await found(cow)).forEach(often);
    (await found(arrow, [0])).forEach(often);
  });

  it('go where the network says as often as it says', async () => {
    const cell = at(2, 3);
    const goes = {
      [cell]: 0.5,
      [cell + 1]: 0.2,
      [cell - 1]: 0.1,
      [cell - columns]: 0.15,
      [cell + columns]: 0.05,
    };
    const count = 3000;
    const { kinds } = await place(
      Array.from({ length: count }, (_unused, i) => frameOf([{ cell, code: cow, goes }], i)),
    );
    for (const [to, share] of Object.entries(goes)) {
      const times = kinds.filter((kind) => kind[Number(to)] === 0).length;
      const deviation = Math.sqrt(count * share * (1 - share));
      expect(Math.abs(times - count * share)).toBeLessThan(4.5 * deviation);
    }
  });

  it('end where they hardly are anywhere, come where they were not, and do not step onto one another', async () => {
    const cell = at(2, 3);
    const gone = frameOf([{ cell, code: arrow, goes: { [cell + 1]: 0.1 } }], 1);
    const come = frameOf([{ cell: -1, code: cow, goes: { [cell]: 1 } }], 2);
    const [left, right] = [at(2, 2), at(2, 3)];
    const met = frameOf(
      [
        { cell: left, code: cow, goes: { [left]: 0.5 } },
        { cell: right, code: cow, goes: { [right]: 0.5 } },
        { cell: -1, code: cow, goes: { [left]: 0.4, [right]: 0.4 } },
      ],
      3,
    );
    const { kinds } = await place([
      { ...gone, uniforms: uniformsOf(1).map((u) => Math.max(u, 0.001)) },
      come,
      met,
    ]);
    expect(kinds[0]).not.toContain(1);
    expect(kinds[1]!.flatMap((kind, i) => (kind === 0 ? [i] : []))).toEqual([cell]);
    expect(kinds[2]!.flatMap((kind, i) => (kind === 0 ? [i] : []))).toEqual([left, right]);
  });

  it('leave and come at the edges as often as the network says, but neither more than the other', async () => {
    const [corner, below, inside] = [at(0, 0), at(rows - 2, 3), at(2, 5)];
    const [top, middle] = [at(0, 5), at(2, 1)];
    const count = 3000;
    /** @param enters how likely a cow comes at the top, and an arrow in the middle, where that is cut off */
    const placed = async (enters: number) => {
      const frames = Array.from({ length: count }, (_unused, i) =>
        frameOf(
          [
            { cell: corner, code: cow, goes: { [corner]: 0.8, [corner + 1]: 0.19 } },
            // The row below does not scroll: there is no place for it.
            { cell: below, code: arrow, goes: { [below]: 0.6, [below + columns]: 0.4 } },
            { cell: -1, code: cow, goes: { [top]: enters, [middle]: 0.015 } },
            { cell: inside, code: cow, goes: { [inside]: 0.9 } },
          ],
          i,
        ),
      );
      const { kinds } = await place(frames, { leastShare: 0.02 });
      return (kind: number, ...where: number[]): number =>
        kinds.filter((found) => where.some((cell) => found[cell] === kind)).length;
    };
    const expectShare = (found: number, share: number): void =>
      expect(Math.abs(found - count * share)).toBeLessThan(
        4.5 * Math.sqrt(count * share * (1 - share)) + 1e-9,
      );
    const few = await placed(0.005);
    expectShare(count - few(0, corner, corner + 1), 0.005);
    expectShare(few(0, top), 0.005);
    const many = await placed(0.018);
    expectShare(count - many(0, corner, corner + 1), 0.01);
    expectShare(many(0, top), 0.01);
    // No arrow comes, so none leaves; within the view all stay, and what is unlikely does not come.
    expect(few(1, below)).toBe(count);
    expect(few(0, inside)).toBeGreaterThan(count * 0.999 - 10);
    expect(few(0, middle)).toBe(0);
  });

  it('let nothing else be drawn where they are, nor them elsewhere, but at temperature 0', async () => {
    const cell = at(2, 3);
    const frame = frameOf([{ cell, code: cow, goes: { [cell]: 0.4, [cell + 1]: 0.4 } }], 5);
    const { kinds, within } = await place([frame]);
    const there = [cell, cell + 1].find((to) => kinds[0]![to] === 0)!;
    const other = there === cell ? cell + 1 : cell;
    const logit = (to: number, code: number): number => within[to * codes + code]!;
    expect(logit(there, cow)).toBeCloseTo(Math.log(0.4), 5);
    expect(logit(there, grass)).toBeLessThan(-9000);
    expect(logit(other, cow)).toBeLessThan(-9000);
    expect(logit(other, grass)).toBeCloseTo(Math.log(0.6), 5);
    const cold = await place([frame], { temperature: 0 });
    expect(cold.within[other * codes + cow]).toBeCloseTo(Math.log(0.4), 5);
  });

  it('are placed alike by all executors, and side by side as alone', async () => {
    const frames = Array.from({ length: 6 }, (_unused, seed) => {
      const random = generatorFor(seed, 'frame');
      const shares = Float32Array.from({ length: cells * codes }, () => uniformBelowOne(random));
      const before = Array.from({ length: cells }, () => Math.floor(uniformBelowOne(random) * codes));
      return { before, shares, uniforms: uniformsOf(seed) };
    });
    const together = (await place(frames)).kinds;
    expect((await place(frames, { executor: reference })).kinds).toEqual(together);
    for (const [b, frame] of frames.entries()) expect((await place([frame])).kinds[0]).toEqual(together[b]);
    expect(new Set(together.flat())).toEqual(new Set([0, 1, none]));
  });
});
