import type { Command } from '../command.js';
import { devices } from './devices.js';
import { evaluate } from './eval.js';
import { generate } from './generate.js';
import { record } from './record.js';
import { train } from './train.js';
import { worlds } from './worlds.js';

/** All commands, in the order in which help lists them. */
export const commands: readonly Command[] = [generate, train, evaluate, record, worlds, devices];
