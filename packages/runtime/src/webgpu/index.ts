export type { WebgpuExecutor, WebgpuExecutorOptions } from './executor.js';
export { createWebgpuExecutor } from './executor.js';
export type { ChooseVariant } from './lower.js';
export type { WebgpuProgram } from './program.js';
