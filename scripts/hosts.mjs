/**
 * Puts Bun and Deno into Snowglobe's cache folder, for tests of what runs there as in Node: `node scripts/hosts.mjs`. Nothing is installed: npm
 * fetches the two programs from its registry, 190 MB.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache_folder.mjs';

const versions = { bun: '1.4.5', deno: '2.9.6' };
const target = join(cacheFolder, 'hosts');
const { platform, arch } = process;
const windows = platform === 'win32';
const ending = windows ? '.exe' : '';

/** The packages of npm that hold the programs for this machine, and where in them they lie. */
function packages() {
  const bunArch = arch === 'arm64' ? 'aarch64' : arch;
  // Bun's usual program asks for AVX2.
  const isOld =
    platform === 'linux' && arch === 'x64' && !/\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const bun = `@oven/bun-${windows ? 'windows' : platform}-${bunArch}${isOld ? '-baseline' : ''}`;
  const deno = `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`;
  return { bun: [bun, join('bin', `bun${ending}`)], deno: [deno, `deno${ending}`] };
}

const work = mkdtempSync(join(tmpdir(), 'snowglobe-hosts-'));
try {
  writeFileSync(join(work, 'package.json'), '{"private":true}');
  const found = packages();
  const wanted = Object.entries(found).map(([name, [from]]) => `${from}@${versions[name]}`);
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...wanted];
  execFileSync('npm', npm, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'], shell: windows });
  mkdirSync(target, { recursive: true });
  for (const [name, [from, path]] of Object.entries(found)) {
    const program = join(target, name + ending);
    copyFileSync(join(work, 'node_modules', from, path), `${program}.new`);
    chmodSync(`${program}.new`, 0o755);
    renameSync(`${program}.new`, program);
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    console.log(`${name} ${versions[name]} lies in ${program}`);
  }
} catch (error) {
  console.error(`hosts: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
