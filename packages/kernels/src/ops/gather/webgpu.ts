import type { DType } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import type { NoAttributes, ScatterAddAttributes } from './gather.js';
import gather from './gather.wgsl';
import scatter from './scatter.wgsl';
import scatterAdd from './scatter_add.wgsl';

const workgroupSize = 64;

/** Four numbers at a time where rows divide into them. */
const elementsOf = (dtype: DType, width: number): { element: string; lanes: 1 | 4 } =>
  width % 4 === 0 ? { element: `vec4<${dtype}>`, lanes: 4 } : { element: dtype, lanes: 1 };

export function gatherRowsWebgpu({
  inputs,
  outputs,
  device,
}: WebgpuContext<NoAttributes>): readonly ShaderVariant[] {
  const [rows, width] = inputs[0]!.shape as [number, number];
  const { element, lanes } = elementsOf(inputs[0]!.dtype, width);
  const count = sizeOf(outputs[0]!.shape) / lanes;
  const constants = { COUNT: count, ROWS: rows, WIDTH: width / lanes, WORKGROUP_SIZE: workgroupSize };
  return [
    {
      name: `width${lanes}`,
      build: () => ({
        passes: [
          {
            label: 'gatherRows',
            code: withPrelude(gather, { constants, aliases: { Element: element } }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export function scatterRowsWebgpu({ inputs, device }: WebgpuContext<NoAttributes>): readonly ShaderVariant[] {
  const [rows, width] = inputs[0]!.shape as [number, number];
  const { element, lanes } = elementsOf(inputs[0]!.dtype, width);
  const count = sizeOf(inputs[1]!.shape) / lanes;
  const constants = { COUNT: count, ROWS: rows, WIDTH: width / lanes, WORKGROUP_SIZE: workgroupSize };
  return [
    {
      name: `width${lanes}`,
      build: () => ({
        passes: [
          {
            label: 'scatterRows',
            code: withPrelude(scatter, { constants, aliases: { Element: element } }),
            bindings: [read('input', 1), read('input', 2), write('output', 0)],
            workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export function scatterAddRowsWebgpu({
  inputs,
  outputs,
  device,
}: WebgpuContext<ScatterAddAttributes>): readonly ShaderVariant[] {
  const [rows, width] = outputs[0]!.shape as [number, number];
  const { element, lanes } = elementsOf('f32', width);
  const columns = width / lanes;
  const count = sizeOf(inputs[1]!.shape);
  const constants = { COUNT: count, ROWS: rows, WIDTH: columns, WORKGROUP_SIZE: workgroupSize };
  const [x, y] = grid1d(rows, 1, device.limits.maxComputeWorkgroupsPerDimension);
  return [
    {
      name: `width${lanes}`,
      build: () => ({
        passes: [
          {
            label: 'scatterAddRows',
            code: withPrelude(scatterAdd, { constants, aliases: { Element: element } }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: [x, y, Math.ceil(columns / workgroupSize)],
          },
        ],
      }),
    },
  ];
}
