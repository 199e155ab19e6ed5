/**
 * Puts Mesa's lavapipe, a Vulkan driver that computes on the CPU, into Snowglobe's cache folder: `node scripts/lavapipe.mjs`.
 * It has what SwiftShader lacks: `shader-f16`, subgroups of 8, and from Mesa 26 on subgroup matrices. Nothing is installed: apt
 * downloads the package, dpkg unpacks it. For Debian and Ubuntu. Debian 12 and 13 get the Mesa of their backports (25 and 26): dawn
 * refuses the 22 of Debian 12.
 */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache_folder.mjs';

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

const target = join(cacheFolder, 'lavapipe');
const work = mkdtempSync(join(tmpdir(), 'snowglobe-lavapipe-'));

try {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  let options = [];
  let suite = '';
  if (codename === 'bookworm' || codename === 'trixie') {
    suite = `/${codename}-backports`;
    options = privateSources([codename, `${codename}-backports`]);
    run('apt-get', [...options, 'update']);
  }
  run('apt-get', [...options, 'download', `mesa-vulkan-drivers${suite}`], { cwd: work });
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
  const root = join(work, 'root');
  run('dpkg', ['-x', join(work, archive), root]);

  const libraries = run('find', [root, '-name', 'libvulkan_lvp.so']).trim().split('\n');
  const missing = [...run('ldd', [libraries[0]]).matchAll(/^\s*(\S+) => not found/gm)].map(
    ([, name]) => name,
  );
  if (missing.length > 0) {
    throw new Error(
      `it needs ${missing.join(', ')}: install the packages that hold them, and run this again.`,
    );
  }
  rmSync(target, { recursive: true, force: true });
  mkdirSync(cacheFolder, { recursive: true });
  mkdirSync(target);
  renameOrCopy(libraries[0], join(target, 'libvulkan_lvp.so'));
  const manifest = {
    file_format_version: '1.0.0',
    ICD: { library_path: join(target, 'libvulkan_lvp.so'), api_version: '1.4.305' },
  };
  writeFileSync(join(target, 'lvp_icd.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  console.log(`lavapipe (${archive}) lies in ${target}; \`snowglobe devices --all\` lists it.`);
} catch (error) {
  console.error(`lavapipe: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Sources and lists of our own, so that the system's stay as they are. */
function privateSources(suites) {
  const lists = join(work, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const lines = suites.map((suite) => `deb [signed-by=${key}] http://deb.debian.org/debian ${suite} main\n`);
  writeFileSync(join(work, 'sources.list'), lines.join(''));
  return ['-o', `Dir::Etc::sourcelist=${join(work, 'sources.list')}`]
    .concat(['-o', 'Dir::Etc::sourceparts=-'])
    .concat(['-o', `Dir::State::lists=${lists}`]);
}

function renameOrCopy(from, to) {
  try {
    renameSync(from, to);
  } catch {
    writeFileSync(to, readFileSync(from), { mode: 0o755 });
  }
}
