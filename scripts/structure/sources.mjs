/** The TypeScript and WGSL sources of the repository, and what each of them imports. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const skipped = new Set(['node_modules', 'dist', '.turbo']);

/** Tests, and what only they use. */
export const isTest = (path) => /[.]test[.]ts$|\/test(ing)?\//.test(path);

export const read = (path) => readFileSync(join(root, path), 'utf8');

/** Every file below a folder whose name ends so, by its path from the root of the repository, with slashes. */
export function filesBelow(folder, ending) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesBelow(path, ending);
      return ending.test(entry.name) ? [path] : [];
    });
}

export const foldersIn = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => posix.join(folder, entry.name));

/** What a file's imports and re-exports name, types and texts of shaders included. */
export const importsOf = (path) =>
  ts.preProcessFile(read(path)).importedFiles.map(({ fileName }) => fileName);

/** The source file that a relative import of `path` leads to. */
export const resolved = (path, specifier) => posix.join(dirname(path), specifier).replace(/[.]js$/, '.ts');

/** Groups of two nodes or more that lead to each other, each sorted (Tarjan 1972). */
export function circlesOf(edges) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const circles = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node), low.get(next)));
      } else if (stack.includes(next)) {
        low.set(node, Math.min(low.get(node), index.get(next)));
      }
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return circles;
}
