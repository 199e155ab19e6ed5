import { defineKernel } from '../../kernel/kernel.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import { LEAST_HALF_SCALE } from '../../numerics/rounding.js';
import { fakeQuantizeOp, fakeQuantizeShape } from './fake_quantize.js';
import body from './fake_quantize.wgsl';
import { fakeQuantizeOnnx } from './onnx.js';
import { fakeQuantizeReference } from './reference.js';

const workgroupSize = 64;

export const fakeQuantizeKernel = defineKernel({
  op: fakeQuantizeOp,
  reference: fakeQuantizeReference,
  onnx: fakeQuantizeOnnx,
  webgpu: ({ inputs, attributes, device }) => [
    {
      name: 'groups',
      build: () => {
        const { k, n, groups } = fakeQuantizeShape(inputs[0]!, attributes);
        const { bits, group, zeroPoints } = attributes;
        return {
          passes: [
            {
              label: 'fakeQuantize',
              code: withPrelude(body, {
                constants: {
                  ...{ K: k, N: n, GROUP: group, GROUPS: groups, WORKGROUP_SIZE: workgroupSize },
                  LEAST_HALF_SCALE: f32Literal(LEAST_HALF_SCALE),
                  ...{ TOP: f32Literal(2 ** bits - 1), MIDDLE: f32Literal(2 ** (bits - 1)) },
                },
                conditions: { ZERO_POINTS: zeroPoints },
              }),
              bindings: [read('input', 0), write('output', 0)],
              workgroups: grid1d(groups * n, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
            },
          ],
        };
      },
    },
  ],
});
