import type { ShaderPass } from '@snowglobe/kernels';
import { expect, test } from 'vitest';
import { PipelineCache } from './pipelines.js';

test('pipelines share what is bound and no layout: wgpu would hold one against the sizes of the other', async () => {
  const layouts: object[] = [];
  const groups: object[] = [];
  const made = <T extends object>(list: T[], each: T): T => (list.push(each), each);
  const device = {
    pushErrorScope: () => {},
    popErrorScope: async () => null,
    createShaderModule: () => ({}),
    createBindGroupLayout: () => made(groups, {}),
    createPipelineLayout: (given: { bindGroupLayouts: object[] }) => made(layouts, given),
    createComputePipelineAsync: async ({ layout }: { layout: object }) => ({ layout }),
  } as unknown as GPUDevice;
  const cache = new PipelineCache(device);
  const pass = (code: string): ShaderPass => ({
    ...{ label: 'pass', code, workgroups: [1, 1, 1] },
    bindings: [
      { kind: 'input', index: 0, access: 'read' },
      { kind: 'output', index: 0, access: 'read_write' },
    ],
  });
  const wide = await cache.get('wide', pass('array<vec4<f32>>'));
  const narrow = await cache.get('narrow', pass('array<f32>'));
  expect(await cache.get('again', pass('array<f32>'))).toBe(narrow);
  expect(narrow.layout).toBe(wide.layout);
  expect([groups.length, layouts.length, new Set(layouts).size]).toEqual([1, 2, 2]);
  expect(layouts).toEqual([
    { label: 'wide', bindGroupLayouts: groups },
    { label: 'narrow', bindGroupLayouts: groups },
  ]);
});
