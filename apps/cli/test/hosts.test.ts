/** What a program plays in Node, it plays in Bun and Deno: the same codes, and the same files of the command line. */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isInstalled } from '@snowglobe/media/testing';
import { cacheFolder } from '@snowglobe/runtime/internal';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Played {
  readonly codes: string;
  readonly again: boolean;
}
interface Results {
  readonly onnx: Played;
  readonly reference: Played;
  readonly wasm: Played;
  readonly worker: Pick<Played, 'codes'>;
  readonly afar: Pick<Played, 'codes'> & { readonly recoveries: number };
  readonly refusal: string;
}
type Host = readonly [program: string, ...options: string[]];

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const packageOf = (name: string, from: string): string =>
  dirname(createRequire(from).resolve(`${name}/package.json`));
const demo = packageOf('@snowglobe/demo', import.meta.url);
const element = join(packageOf('@snowglobe/element', join(demo, 'package.json')), 'dist');
const main = pathOf('../dist/main.js');
const runtime = packageOf('@snowglobe/runtime', import.meta.url);
const prompt = join(runtime, 'worlds/prompts/crafter-1.png');
const smallWorld = join(runtime, 'test/replays/patches.safetensors');

/** Installed, or put into the cache folder by `node scripts/hosts.mjs`. */
function find(name: 'bun' | 'deno'): string | undefined {
  return [name, join(cacheFolder(), 'hosts', name)].find((each) => isInstalled(each, '--version'));
}
const node: Host = [process.execPath];
const bun = find('bun');
const deno = find('deno');
const others: readonly (readonly [string, Host | undefined])[] = [
  ['Bun', bun === undefined ? undefined : [bun]],
  ['Deno', deno === undefined ? undefined : [deno, 'run', '--no-prompt', '-A']],
];
const isAny = others.some(([, host]) => host);

let folder: string;
let ofNode: { readonly results: Results; readonly gif: Buffer };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snowglobe-hosts-'));
  if (isAny) ofNode = { results: await play(node), gif: await generate(node) };
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `play.mjs` in a host, against a server that runs in the same one. */
async function play([program, ...options]: Host): Promise<Results> {
  const serve = ['serve', 'crafter-int4', '--executor', 'onnx', '--threads', '1', '--port', '0'];
  const server = spawn(program, [...options, main, ...serve], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const address = await addressOf(server);
    const args = [...options, pathOf('hosts/play.mjs'), element, address, smallWorld];
    const { stdout } = await promisify(execFile)(program, args, { timeout: 200_000 });
    return JSON.parse(stdout) as Results;
  } finally {
    server.kill();
    const [code] = (await once(server, 'exit')) as [number | null];
    expect(code).toBe(0);
  }
}

/** Where a server says that it listens. */
function addressOf({ stdout, stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += String(chunk);
      const found = /ws:\S+\/play/.exec(said);
      if (found) resolve(found[0]);
    };
    stdout!.on('data', hear);
    stderr!.on('data', hear).on('close', () => reject(new Error(said)));
  });
}

/** A walk as a GIF, by the command line. */
async function generate([program, ...options]: Host): Promise<Buffer> {
  const out = join(folder, `${Math.random()}.gif`);
  const walk = [
    '--world',
    'crafter-int4',
    '--prompt',
    prompt,
    '--actions',
    'move_right*4 do*4',
    '--seed',
    '7',
  ];
  const args = [...options, main, 'generate', ...walk, '--executor', 'onnx', '--threads', '1', '--out', out];
  await promisify(execFile)(program, args, { timeout: 120_000 });
  return readFileSync(out);
}

for (const [name, host] of others) {
  test.skipIf(!host)(
    `${name} plays what Node plays: on each executor, in a worker, from its own server, and to a file` +
      (host ? '' : ' (not at hand: node scripts/hosts.mjs)'),
    async () => {
      const { onnx, reference, wasm, worker, afar, refusal } = await play(host!);
      expect({ onnx, reference, wasm, worker, afar, refusal }).toEqual(ofNode.results);
      expect([onnx.again, reference.again, wasm.again, afar.recoveries]).toEqual([true, true, true, 1]);
      expect(new Set([onnx.codes, wasm.codes, worker.codes, afar.codes]).size).toBe(1);
      expect(refusal).toMatch(/^world: nothing here can run it \(webgpu: no adapter was found\); use .*[.]$/);
      expect((await generate(host!)).equals(ofNode.gif)).toBe(true);
    },
    300_000,
  );
}
