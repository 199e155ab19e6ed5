import * as v from 'valibot';
import { choiceOption, integerOption } from './options.js';

/** Which executor to use, in Node and in browsers. */
export const executorOption = v.optional(
  choiceOption('executor', ['auto', 'webgpu', 'onnx', 'reference']),
  'auto',
);

/** Threads of the CPU. */
export const threadsOption = v.optional(integerOption('threads', 1, 1024, 'usually one a core'));
