import type { ShaderProgram } from '@snowglobe/kernels';
import { loadDawn } from '../devices/node/dawn.js';
import { PipelineCache } from '../webgpu/pipelines.js';

const features = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'];

/** The instance stays as long as its device. */
let opened: Promise<{ readonly gpu: GPU; readonly pipelines: PipelineCache }> | undefined;

/**
 * Compiles shaders for dawn's null backend, which has every feature and computes nothing: its WGSL front end and its checks of
 * pipelines are those of real devices. It has subgroups of up to 128, whose multiple workgroups with subgroup matrices must be.
 *
 * @throws Error with the compiler's message
 */
export async function validateShaders(program: ShaderProgram): Promise<void> {
  opened ??= openNull();
  const { pipelines } = await opened;
  await Promise.all(program.passes.map((pass) => pipelines.get(pass.label, pass)));
}

async function openNull() {
  const { create } = await loadDawn();
  const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  const adapter = (await gpu.requestAdapter())!;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX, maxComputeWorkgroupStorageSize } =
    adapter.limits;
  const device = await adapter.requestDevice({
    requiredFeatures: features as GPUFeatureName[],
    requiredLimits: {
      maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize,
    },
  });
  return { gpu, pipelines: new PipelineCache(device) };
}
