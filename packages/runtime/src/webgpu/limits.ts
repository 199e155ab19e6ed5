import type { TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { bytesPerElement, formatShape } from '@snowglobe/graph/internal';
import type { DeviceCapabilities, ShaderPass } from '@snowglobe/kernels';

/** The limits that bound one tensor. */
export interface BufferLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

/** @throws SnowglobeError when a tensor does not fit into one binding of the device. */
export function checkTensorFits(what: string, spec: TensorSpec, device: string, limits: BufferLimits): void {
  const bytes = sizeOf(spec.shape) * bytesPerElement;
  for (const name of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
    if (bytes > limits[name]) {
      throw new SnowglobeError(
        `${what}: ${spec.dtype} ${formatShape(spec.shape)} takes ${bytes} bytes, more than ${name} = ${limits[name]} ` +
          `of '${device}'; make the batch or the model smaller.`,
      );
    }
  }
}

/** @throws SnowglobeError when a dispatch asks for more than the device allows. */
export function checkPassFits(
  label: string,
  pass: ShaderPass,
  device: string,
  limits: DeviceCapabilities['limits'],
): void {
  const perDimension = limits.maxComputeWorkgroupsPerDimension;
  if (pass.workgroups.some((count) => count > perDimension)) {
    throw new SnowglobeError(
      `${label}: ${formatShape(pass.workgroups)} workgroups are more than maxComputeWorkgroupsPerDimension = ` +
        `${perDimension} of '${device}'; make the batch or the model smaller.`,
    );
  }
  if (pass.bindings.length > limits.maxStorageBuffersPerShaderStage) {
    throw new SnowglobeError(
      `${label}: ${pass.bindings.length} buffers are more than maxStorageBuffersPerShaderStage = ` +
        `${limits.maxStorageBuffersPerShaderStage} of '${device}'; use the onnx executor or another device.`,
    );
  }
}
