import type { ShaderVariant } from '@snowglobe/kernels';
import { kernelOf, matmul, pointwise } from '@snowglobe/kernels';
import { kernels } from '@snowglobe/kernels/testing';
import type { OpenDevice } from '@snowglobe/runtime';
import { openBestDevice } from '@snowglobe/runtime';
import type { OpNode } from '@snowglobe/graph';
import { describe, expect, it } from 'vitest';
import type { CheckCase } from './cases/index.js';
import { checkCases, graphOf } from './cases/index.js';
import type { CheckEntry } from './check.js';
import { checkKernels } from './check.js';

async function openDevice(): Promise<OpenDevice> {
  return (await openBestDevice()).opened!;
}

const small: CheckCase = { ops: ['gelu'], shape: '7', build: (x) => pointwise.gelu(x.f32([7])) };

const geluOp = (graphOf(small).graph.nodes.find(({ kind }) => kind === 'op') as OpNode).op;

/** Runs `use` while the kernel of gelu has more variants. */
async function withVariants<T>(
  more: (own: ShaderVariant) => readonly ShaderVariant[],
  use: () => Promise<T>,
) {
  const kernel = kernelOf(geluOp);
  const { webgpu } = kernel;
  const extended: typeof webgpu = (context) => {
    const own = webgpu(context);
    return [...own, ...more(own[0]!)];
  };
  Object.assign(kernel, { webgpu: extended });
  try {
    return await use();
  } finally {
    Object.assign(kernel, { webgpu });
  }
}

const changed = (own: ShaderVariant, name: string, change: (code: string) => string): ShaderVariant => ({
  name,
  build: () => ({ passes: own.build().passes.map((pass) => ({ ...pass, code: change(pass.code) })) }),
});

const statusOf = (entries: readonly CheckEntry[]) =>
  Object.fromEntries(
    entries
      .filter(({ status }) => status !== 'not available')
      .map(({ variant, status, reason }) => [variant, reason ? `${status}: ${reason}` : status]),
  );

describe('the cases of the check', () => {
  it('have every op that has kernels, each before any has its second', () => {
    const cases = checkCases();
    const covered = new Set(cases.flatMap(({ ops }) => ops));
    const wanted = kernels.filter(({ alias }) => !alias).map(({ op }) => op.name);
    expect(wanted.filter((name) => !covered.has(name))).toEqual([]);
    const shapes = cases.map(({ ops, shape }) => `${ops.join()} ${shape}`);
    expect(new Set(shapes).size).toBe(shapes.length);
    const firsts = new Set(
      cases.slice(0, new Set(cases.map(({ ops }) => ops.join())).size).map(({ ops }) => ops.join()),
    );
    expect(firsts.size).toBe(new Set(cases.map(({ ops }) => ops.join())).size);
  });

  it('contain the ops that they name, as graphs run', async () => {
    const opened = await openDevice();
    opened.close();
    const { variantsByOp } = await import('@snowglobe/runtime/internal/core');
    for (const each of checkCases()) {
      const found = [...variantsByOp(graphOf(each).graph, opened.capabilities).keys()];
      expect(found, `${each.ops.join()} ${each.shape}`).toEqual(expect.arrayContaining([...each.ops]));
    }
  });
});

describe('checkKernels', () => {
  it('passes what agrees and fails what is wrong, is no number, or does not compile', async () => {
    const entries = await withVariants(
      (own) => [
        changed(own, 'wrong', (code) => code.replace('compute(i);', '1.01 * compute(i);')),
        changed(own, 'nothing', (code) =>
          code.replace('compute(i);', 'compute(i) * bitcast<f32>(0x7fc00000u + i);'),
        ),
        changed(own, 'broken', (code) => `${code}\nthis is no WGSL`),
      ],
      () => checkKernels(openDevice, { cases: [small] }),
    );
    const { wrong, nothing, broken, ...rest } = statusOf(entries);
    expect(Object.values(rest)).toEqual(['passed']);
    expect(wrong).toMatch(/^failed: off by 1\.0e-2 of the largest value/);
    expect(nothing).toBe('failed: its result has NaN where numbers belong');
    expect(broken).toMatch(/^failed: gelu: the device refuses the shader/);
    for (const { status, maxError, allowedError } of entries) {
      if (status === 'passed') expect(maxError).toBeLessThan(allowedError! / 10);
    }
  });

  it('goes on with another device when one was lost, or does not answer', async () => {
    const devices: OpenDevice[] = [];
    const open = async () => {
      devices.push(await openDevice());
      return devices.at(-1)!;
    };
    const losing = (own: ShaderVariant): ShaderVariant => ({
      name: 'losing',
      build() {
        // Listing the variants builds them too, before the first of them runs.
        if (started.includes('losing') && devices.length === 1) devices[0]!.device.destroy();
        return own.build();
      },
    });
    const started: string[] = [];
    const entries = await withVariants(
      (own) => [losing(own), changed(own, 'after', (code) => `${code}\n`)],
      () => checkKernels(open, { cases: [small], onStart: ({ variant }) => void started.push(variant) }),
    );
    const { losing: lost, ...rest } = statusOf(entries);
    expect(lost).toMatch(/^failed: device '.*' was lost/);
    expect(Object.values(rest)).toEqual(['passed', 'passed']);
    expect(devices).toHaveLength(2);

    const [late] = await checkKernels(open, { cases: [small], entryMs: 0 });
    expect(late).toMatchObject({ status: 'failed', reason: 'no result after 0 s' });
  });

  it('lists what time did not allow, and what other adapters could run', async () => {
    const product: CheckCase = {
      ops: ['matmul'],
      shape: '40x64x48',
      build: (x) => matmul(x.f32([40, 64]), x.f32([64, 48])),
    };
    const entries = await checkKernels(openDevice, { cases: [product], limitMs: 0 });
    expect(new Set(Object.values(statusOf(entries)))).toEqual(new Set(['not reached: the time was over']));
    const missing = entries.filter(({ status }) => status === 'not available');
    expect(missing.map(({ variant, reason }) => `${variant} ${reason}`)).toContain(
      'matrix16x16x16-f16-64x64 needs subgroup matrices of 16x16x16 f16',
    );
  });
});
