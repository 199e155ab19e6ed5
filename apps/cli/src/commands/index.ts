import type { Command } from '../command.js';
import { atlas } from './atlas.js';
import { average } from './average.js';
import { bench } from './bench.js';
import { check } from './check.js';
import { checkGpu } from './check_gpu.js';
import { devices } from './devices.js';
import { evaluate } from './eval.js';
import { exportOnnx } from './export.js';
import { generate } from './generate.js';
import { play } from './play.js';
import { quantize } from './quantize.js';
import { record } from './record.js';
import { serve } from './serve.js';
import { site } from './site.js';
import { thumbnail } from './thumbnail.js';
import { train } from './train.js';
import { tune } from './tune.js';
import { worlds } from './worlds.js';

/** All commands, in the order in which help lists them. */
export const commands: readonly Command[] = [
  play,
  serve,
  generate,
  train,
  evaluate,
  quantize,
  exportOnnx,
  atlas,
  average,
  record,
  worlds,
  thumbnail,
  site,
  devices,
  check,
  tune,
  bench,
  checkGpu,
];
