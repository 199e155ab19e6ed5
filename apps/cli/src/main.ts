#!/usr/bin/env node
import { commands } from './commands/index.js';
import { runProgram } from './program.js';

function writer(stream: NodeJS.WriteStream): (text: string) => Promise<void> {
  return (text) =>
    text === '' ? Promise.resolve() : new Promise((resolve) => stream.write(text, () => resolve()));
}

// The reader of a pipe may leave early (`snowglobe worlds | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await runProgram(commands, process.argv.slice(2), {
  stdout: writer(process.stdout),
  stderr: writer(process.stderr),
});
// Not exitCode: a GPU instance that nobody closed would keep the process alive.
process.exit(code);
