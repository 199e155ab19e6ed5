/** The frame of the command line: parsing, help, where output goes, exit codes. */
import { SnowglobeError } from '@snowglobe/graph';
import { Command as Commander, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { Command, Result } from './command.js';
import { UsageError } from './command.js';
import { table } from './text.js';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** What shells say of a program that Ctrl-C ended: 128 and the number of SIGINT. */
const EXIT_INTERRUPTED = 130;

const sameInterruptMs = 500;

/** Where the program writes. Both resolve when the text is handed on, so that the process may end. */
export interface Streams {
  stdout(text: string): Promise<void>;
  stderr(text: string): Promise<void>;
}

/**
 * Runs one command line.
 * @param argv the arguments after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C
 */
export async function runProgram(
  commands: readonly Command[],
  argv: readonly string[],
  streams: Streams,
): Promise<number> {
  const flags = flagsOf(argv);
  // commander writes its messages synchronously; they are kept and written where they belong.
  const messages = { out: '', err: '' };
  let code = EXIT_OK;
  const program = buildProgram(commands, messages, async (definition, command) => {
    const { interrupted, stopsInOrder } = await execute(definition, command, streams);
    // A server runs until somebody stops it: that is its regular end.
    if (interrupted && stopsInOrder !== 'quietly') code = EXIT_INTERRUPTED;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return await fail(error, flags, streams, messages);
  }
}

interface Flags {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** What was asked for, known even when the rest cannot be parsed. */
function flagsOf(argv: readonly string[]): Flags {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  return { json: options.includes('--json'), verbose: options.includes('--verbose') };
}

function buildProgram(
  commands: readonly Command[],
  messages: { out: string; err: string },
  run: (definition: Command, command: Commander) => Promise<void>,
): Commander {
  const program = new Commander('snowglobe')
    .description('Grows a playable world from gameplay video, and plays it.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help; also: snowglobe COMMAND --help')
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C (play and serve run until then: 0). ' +
        'Every command has --json and --verbose.',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => (messages.out += text),
      writeErr: (text) => (messages.err += text),
    });
  for (const definition of commands) {
    const command = program.command(definition.name).summary(definition.summary);
    command.description(definition.description ?? definition.summary);
    command.helpOption('-h, --help', 'show this help');
    command.showHelpAfterError(`See snowglobe ${definition.name} --help.`);
    definition.configure(command);
    describeDefaults(command);
    command
      .option('--json', 'print one JSON object on stdout, everything else on stderr')
      .option('--verbose', 'show stack traces')
      .addHelpText('after', examplesOf(definition))
      .action(() => run(definition, command));
  }
  return program;
}

/** Help shows defaults as one would type them, and not as JSON. */
function describeDefaults(command: Commander): void {
  for (const option of command.options) {
    const value: unknown = option.defaultValue;
    if (typeof value !== 'string' && !Array.isArray(value)) continue;
    option.defaultValueDescription ??= [value].flat().join(' ');
  }
}

function examplesOf({ examples }: Command): string {
  const rows = examples.map(([line, meaning]) => [`  snowglobe ${line}`, meaning]);
  return `\nExamples:\n${table(rows)}`;
}

/** A failure whose answer was printed already. */
class AnsweredFailure extends SnowglobeError {}

/** Runs a command and prints its answer. */
async function execute(
  definition: Command,
  command: Commander,
  streams: Streams,
): Promise<{ readonly interrupted: boolean; readonly stopsInOrder: Command['stopsInOrder'] }> {
  const { json = false, verbose: _, ...options } = command.opts<Partial<Flags> & Record<string, unknown>>();
  const stopsInOrder = definition.isEndless?.(options) ? 'quietly' : definition.stopsInOrder;
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) return;
    if (stopsInOrder !== 'quietly') {
      void streams.stderr('Stopping in good order; Ctrl-C again stops at once.\n');
    }
    interrupt.abort();
    // One Ctrl-C may come twice, from the terminal and from the program that started this one.
    setTimeout(stopListening, sameInterruptMs).unref();
  };
  const signals = signalsOf(stopsInOrder);
  const stopListening = () => {
    for (const signal of signals) process.off(signal, onInterrupt);
  };
  for (const signal of signals) process.on(signal, onInterrupt);
  const answer = (result: Result): Promise<void> =>
    streams.stdout(json ? `${JSON.stringify(result.json)}\n` : `${result.text}\n`);
  try {
    const result = await definition.run({
      args: command.processedArgs as (string | string[] | undefined)[],
      options,
      json,
      signal: interrupt.signal,
      answer,
      note: (line) => void streams.stderr(`${line}\n`),
    });
    if (result) await answer(result);
    if (result?.failure !== undefined) throw new AnsweredFailure(result.failure);
    return { interrupted: interrupt.signal.aborted, stopsInOrder };
  } finally {
    stopListening();
  }
}

/** The signals after which a command ends in good order. */
function signalsOf(stopsInOrder: Command['stopsInOrder']): NodeJS.Signals[] {
  if (!stopsInOrder) return [];
  return stopsInOrder === 'quietly' ? ['SIGINT', 'SIGTERM'] : ['SIGINT'];
}

async function fail(
  error: unknown,
  { json, verbose }: Flags,
  streams: Streams,
  messages: { out: string; err: string },
): Promise<number> {
  if (error instanceof CommanderError) {
    // Help and the version are answers; without a command, help is the complaint.
    await streams.stdout(messages.out);
    if (error.exitCode === 0) return EXIT_OK;
    await streams.stderr(messages.err);
    if (json) await streams.stdout(errorObject(messages.err.trim() || error.message));
    return EXIT_USAGE;
  }
  const message = sentenceOf(error);
  await streams.stderr(`${verbose ? stackOf(error) : `snowglobe: ${message}`}\n`);
  if (json && !(error instanceof AnsweredFailure)) await streams.stdout(errorObject(message));
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

/** With --json a failure is an object too, so that stdout always holds exactly one. */
function errorObject(message: string): string {
  return `${JSON.stringify({ error: message })}\n`;
}

function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof SnowglobeError || error instanceof UsageError) return message;
  return `unexpected error: ${message}; run again with --verbose and report what it shows.`;
}

/** The stack with those of its causes. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
