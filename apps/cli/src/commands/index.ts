import type { Command } from '../command.js';
import { devices } from './devices.js';
import { record } from './record.js';
import { worlds } from './worlds.js';

/** All commands, in the order in which help lists them. */
export const commands: readonly Command[] = [record, worlds, devices];
