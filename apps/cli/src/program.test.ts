import { SnowglobeError } from '@snowglobe/graph';
import { InvalidArgumentError } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import type { Command } from './command.js';
import { UsageError } from './command.js';
import { integer } from './options.js';
import { runProgram } from './program.js';
import { snowglobe } from './testing/snowglobe.js';

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** Runs a command line over commands made for the test. */
async function run(argv: readonly string[], ...definitions: Partial<Command<never>>[]) {
  let stdout = '';
  let stderr = '';
  const commands = definitions.map((definition, index) => ({
    name: `command${index}`,
    summary: 'does something',
    examples: [['command0 x', 'an example']] as const,
    configure: () => {},
    run: async () => ({ json: {}, text: '' }),
    ...definition,
  })) as Command[];
  const code = await runProgram(commands, argv, {
    stdout: async (text) => void (stdout += text),
    stderr: async (text) => void (stderr += text),
  });
  return { code, stdout, stderr };
}

const failing = (error: unknown): Partial<Command<never>> => ({ run: () => Promise.reject(error) });

describe('output', () => {
  const echo: Partial<Command<never>> = {
    configure: (command) =>
      void command.argument('<first>').argument('[rest...]').option('--out-file <path>'),
    run: async ({ args, options, json, note }) => {
      note('working');
      return { json: { args, options, json }, text: `echo ${String(args[0])}` };
    },
  };

  test('text for people on stdout, remarks on stderr', async () => {
    expect(await run(['command0', 'a'], echo)).toEqual({ code: 0, stdout: 'echo a\n', stderr: 'working\n' });
  });

  test('--json prints one object on stdout; commands see their own options only', async () => {
    const { code, stdout, stderr } = await run(
      ['command0', 'a', 'b', 'c', '--out-file', 'o', '--json'],
      echo,
    );
    expect(JSON.parse(stdout)).toEqual({ args: ['a', ['b', 'c']], options: { outFile: 'o' }, json: true });
    expect([code, stderr]).toEqual([0, 'working\n']);
  });
});

describe('exit codes and messages', () => {
  test('an answer may be a failure: it is printed whole, and the sentence goes to stderr', async () => {
    const half: Partial<Command<never>> = {
      run: async () => ({ json: { bad: 1 }, text: '1 bad', failure: 'one is bad.' }),
    };
    const expected = { code: 1, stderr: 'snowglobe: one is bad.\n' };
    expect(await run(['command0'], half)).toEqual({ ...expected, stdout: '1 bad\n' });
    expect(await run(['command0', '--json'], half)).toEqual({ ...expected, stdout: '{"bad":1}\n' });
  });

  const sentence = "world 'x' does not exist; see snowglobe worlds.";

  test('what a person can mend is one sentence and exit code 1', async () => {
    const outcome = await run(['command0'], failing(new SnowglobeError(sentence)));
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: `snowglobe: ${sentence}\n` });
  });

  test('--verbose shows stacks, those of causes too', async () => {
    const error = new SnowglobeError(sentence, { cause: new Error('the cause') });
    const { code, stderr } = await run(['command0', '--verbose'], failing(error));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^SnowglobeError: world 'x'.*\n\s+at .*[^]*Caused by: Error: the cause\n\s+at /);
  });

  test('--json tells a failure as an object as well', async () => {
    const { code, stdout, stderr } = await run(['command0', '--json'], failing(new SnowglobeError(sentence)));
    expect(JSON.parse(stdout)).toEqual({ error: sentence });
    expect([code, stderr]).toEqual([1, `snowglobe: ${sentence}\n`]);
  });

  test('arguments that make no sense together end in 2', async () => {
    const outcome = await run(['command0'], failing(new UsageError('give --out or --json.')));
    expect(outcome).toEqual({ code: 2, stdout: '', stderr: 'snowglobe: give --out or --json.\n' });
  });

  test('a bug says that it is one, without a stack', async () => {
    const { code, stderr } = await run(['command0'], failing(new TypeError('x is not a function')));
    expect(code).toBe(1);
    expect(stderr).toBe(
      'snowglobe: unexpected error: x is not a function; run again with --verbose and report what it shows.\n',
    );
  });

  const usage: Partial<Command<never>> = {
    configure: (command) =>
      void command.requiredOption('--frames <n>', 'how many', integer({ min: 1, max: 9 })),
  };
  test.each([
    ['an unknown command', ['comand0'], /unknown command 'comand0'[^]*Did you mean command0\?/],
    [
      'an unknown option',
      ['command0', '--frames', '1', '--frame'],
      /unknown option '--frame'[^]*Did you mean --frames\?/,
    ],
    ['a missing option', ['command0'], /required option '--frames <n>' not specified/],
    ['a missing value', ['command0', '--frames'], /argument missing/],
    ['too many arguments', ['command0', 'x', '--frames', '1'], /too many arguments/],
    ['a number out of range', ['command0', '--frames', '10'], /'10' is invalid\. It must be .* from 1 to 9/],
    ['a number that is none', ['command0', '--frames', '1e1'], /'1e1' is invalid/],
    ['no command', [], /Usage: snowglobe/],
  ])('%s ends in 2 and says so on stderr', async (_, argv, message) => {
    const { code, stdout, stderr } = await run(argv, usage);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    const asJson = await run([...argv, '--json'], usage);
    // Without a command there is nobody to take --json: it is an unknown option then.
    expect(asJson.code).toBe(2);
    expect(Object.keys(JSON.parse(asJson.stdout) as object)).toEqual(['error']);
  });

  test('parsers refuse with InvalidArgumentError, which commander turns into usage', () => {
    expect(integer()('0')).toBe(0);
    expect(integer({ min: -5 })('-5')).toBe(-5);
    for (const text of ['-1', '1.5', '', ' 1', '0x10', '9007199254740992', 'NaN']) {
      expect(() => integer()(text)).toThrow(InvalidArgumentError);
    }
  });
});

describe('interrupts', () => {
  test('a command that stops in order gets a signal, and the second Ctrl-C is not caught', async () => {
    const before = process.listenerCount('SIGINT');
    const { code, stdout, stderr } = await run(['command0'], {
      stopsInOrder: true,
      run: async ({ signal }) => {
        expect(process.listenerCount('SIGINT')).toBe(before + 1);
        process.emit('SIGINT');
        // The same Ctrl-C, passed on by the program that started this one.
        process.emit('SIGINT');
        await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBe(before), 2000);
        return { json: {}, text: `aborted ${signal.aborted}` };
      },
    });
    expect([code, stdout]).toEqual([130, 'aborted true\n']);
    expect(stderr.match(/Stopping in good order/g)).toHaveLength(1);
  });

  test('what fails when it is stopped ends in 1, and what runs until it is stopped in 0', async () => {
    const stopped = (stopsInOrder: true | 'quietly', fail: boolean) =>
      run(['command0'], {
        stopsInOrder,
        run: async () => {
          process.emit('SIGINT');
          if (fail) throw new SnowglobeError('the disk is full.');
          return { json: {}, text: 'done' };
        },
      });
    expect(await stopped(true, true)).toMatchObject({ code: 1, stdout: '' });
    expect(await stopped(true, false)).toMatchObject({ code: 130, stdout: 'done\n' });
    expect(await stopped('quietly', false)).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  });
});

describe('the program as a person runs it', () => {
  test('help lists the commands and the exit codes; a command shows its options and examples', async () => {
    const [help, own, version] = await Promise.all([
      snowglobe(['--help']),
      snowglobe(['worlds', '--help']),
      snowglobe(['--version']),
    ]);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/worlds .*list the worlds/);
    expect(help.stdout).toContain('Exit codes: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C (play');
    expect([own.code, own.stderr]).toEqual([0, '']);
    expect(own.stdout).toMatch(/--json [^]*--verbose [^]*Examples:\n {2}snowglobe worlds/);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('defaults are shown as one would type them', async () => {
    const [train, quantize, generate] = await Promise.all(
      ['train', 'quantize', 'generate'].map(async (name) => {
        const { stdout } = await snowglobe([name, '--help']);
        return stdout.replace(/\s+/g, ' ');
      }),
    );
    expect(train).toMatch(/--size <WxH> [^-]*\(default: 64x64\)/);
    expect(quantize).toMatch(/--from <schemes\.\.\.> [^-]*\(default: nf4-g64 w8a16\)/);
    expect(generate).toContain('(default: roll.gif)');
    for (const help of [train, quantize, generate]) expect(help).not.toMatch(/\(default: [[{"]/);
  });

  test('bad usage is 2, with nothing on stdout', async () => {
    const { code, stdout, stderr } = await snowglobe(['world']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/unknown command 'world'/);
  });
});
