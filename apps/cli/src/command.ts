/**
 * What a command of `snowglobe` is.
 *
 * One file a command in `commands/`, listed in `commands/index.ts`. A command
 * - says its arguments and options in `configure`, with `--json` and `--verbose` left to the frame (`program.ts`);
 * - imports what it needs inside `run` (`await import('@snowglobe/runtime')`), so that `--help` stays instant;
 * - returns its result: `text` for people or `json` for programs, of which the frame prints the one that was asked for
 *   on stdout; one that runs on after it has something to say (a server) gives it to `context.answer` instead. It writes nothing to stdout itself: remarks go to `context.note` and progress to `countProgress`
 *   (`progress.ts`), both on stderr;
 * - throws `SnowglobeError` for what a person can mend (exit code 1, the sentence is shown) and `UsageError` for
 *   arguments that make no sense (exit code 2); `meaning` makes one of what a library says of an argument. Anything else that it throws is reported as a bug.
 */
import { SnowglobeError } from '@snowglobe/graph';
import type { Command as Commander } from 'commander';

/** @typeParam Options what the option parsers of `configure` produce, under commander's camelCase names */
export interface Command<Options = object> {
  readonly name: string;
  /** One line for the list of commands; lower case, no full stop. */
  readonly summary: string;
  /** More for its own help. Default: the summary. */
  readonly description?: string;
  /** Command lines for its help, without `snowglobe`, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /**
   * True when `run` watches `context.signal` and ends in good order: the first Ctrl-C then aborts the signal and only
   * the second ends the process; its answer is printed, and the exit code is 130. Default false: the first ends the process,
   * which shells report as 130 too. `quietly`, for what runs until it is stopped: in good order, nothing is said about it, the
   * exit code is 0, and the first SIGTERM does the same.
   */
  readonly stopsInOrder?: boolean | 'quietly';
  /** Whether it runs until it is stopped with these options, as `quietly` says of a command that always does. */
  isEndless?(options: Options): boolean;
  /** Adds arguments and options, with parsers (`options.ts`) that refuse bad values. */
  configure(command: Commander): void;
  run(context: Context<Options>): Promise<Result | void>;
}

export interface Context<Options> {
  /** Positional arguments as commander parsed them: strings, arrays for variadic ones, undefined for absent ones. */
  readonly args: readonly (string | string[] | undefined)[];
  readonly options: Options;
  /** True when `--json` was given: nobody reads progress then. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Prints the result while the command runs on; it then returns none. */
  answer(result: Result): Promise<void>;
  /** Writes a line to stderr. */
  note(line: string): void;
}

export interface Result {
  /** For `--json`: one object that JSON can hold. */
  readonly json: object;
  /** For people, without the last line break. */
  readonly text: string;
  /** The answer is whole, and what it says is a failure: the sentence for stderr. Exit code 1. */
  readonly failure?: string;
}

/** The arguments make no sense; the message says what to write instead. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What a library makes of an argument.
 * @throws UsageError with the library's sentence, where it refuses the argument
 */
export function meaning<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SnowglobeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
