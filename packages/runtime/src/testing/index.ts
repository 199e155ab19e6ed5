export type { KernelCase } from './check.js';
export { checkGradient, checkKernel, checkVariants, evaluate, f32, i32 } from './check.js';
export type { Tolerance } from './compare.js';
export { expectClose } from './compare.js';
export { devicesUnderTest, devicesWith, executorsUnderTest, hasFeature } from './executors.js';
export { randomData } from './random.js';
export { validateShaders } from './validate.js';
export { untrainedConfig, untrainedWorld } from './untrained_world.js';
