/** Parsers of option values, for commander: they refuse with what would be right, which ends in exit code 2. */
import { InvalidArgumentError, Option } from 'commander';

/** An integer, in decimal digits. Default limits: 0 and the largest exact integer. */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
    }
    return value;
  };
}

/** A number from `min` to `max`. */
export function numberIn(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** @param ending in lower case, with the dot */
export const hasEnding = (path: string, ending: string): boolean => path.toLowerCase().endsWith(ending);

/** Path of a file to write, by whose ending other programs know what it holds. @param ending see `hasEnding` */
export function pathEndingIn(ending: string): (path: string) => string {
  return (path) => {
    if (hasEnding(path, ending)) return path;
    throw new InvalidArgumentError(`It must end in ${ending}.`);
  };
}

/** A regular expression. */
export function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError('It must be a regular expression.');
  }
}

/** Texts that become part of a file, one after the other: on one line each, as the file must have them. */
export function printableTexts(text: string, others: readonly string[] = []): string[] {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
    throw new InvalidArgumentError(
      'It has a line break or another control character; give each text by itself, on one line.',
    );
  }
  return [...others, text];
}

/** A share of a whole. */
export const share = numberIn(0, 1);

/** What takes recordings, in words. */
export const recordingsHelp =
  'videos, folders of them or of numbered PNG or JPEG frames, or simulated games (platformer, runner, dungeon, driving, factory, platformer:SEED)';

/** What computes, of every kind. */
export const executorOption = (what = 'what computes'): Option =>
  new Option('--executor <kind>', what).choices(['auto', 'webgpu', 'onnx', 'reference']).default('auto');

export const deviceOption = (): Option =>
  new Option('--device <name>', 'part of the name of a WebGPU adapter');

export const threadsOption = (): Option =>
  new Option('--threads <n>', 'threads of the CPU (default: one a core)').argParser(
    integer({ min: 1, max: 1024 }),
  );
