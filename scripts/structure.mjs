/**
 * What `npm run lint` says of the repository's shape: files that are too long, folders in circles, exports that nobody uses.
 *
 * `structure/known.json` lists what may stay: `public` names with the reason why they are exported though nobody here imports
 * them, and `leftovers`, which may only become fewer: what is listed and found no more fails, too, and `--prune` takes it out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { unusedExports } from './structure/exports.mjs';
import { foldersInCircles } from './structure/folders.mjs';
import { longFiles } from './structure/lengths.mjs';

const list = new URL('structure/known.json', import.meta.url);
const known = JSON.parse(readFileSync(list, 'utf8'));
const findings = new Map([...longFiles(), ...foldersInCircles(), ...unusedExports()]);
if (process.argv.includes('--prune')) {
  known.public = Object.fromEntries(
    Object.entries(known.public).filter(([subject]) => findings.has(subject)),
  );
  known.leftovers = known.leftovers.filter((subject) => findings.has(subject));
  writeFileSync(list, `${JSON.stringify(known, null, 2)}\n`);
}
const allowed = new Set([...Object.keys(known.public), ...known.leftovers]);

const wrong = [...findings].filter(([subject]) => !allowed.has(subject));
const gone = [...allowed].filter((subject) => !findings.has(subject));
for (const [subject, why] of wrong) console.error(`${subject} ${why}`);
for (const subject of gone)
  console.error(`'${subject}' is found no more; take it out of scripts/structure/known.json (--prune)`);
process.exit(wrong.length + gone.length > 0 ? 1 : 0);
