/** Folders of a package that import each other, by whatever files. dependency-cruiser sees circles of files alone. */
import { circlesOf, filesBelow, foldersIn, importsOf, isTest, resolved } from './sources.mjs';

/** Where two paths part: a folder or file of each, side by side in the deepest folder that holds both. */
function parting(from, to) {
  const [one, other] = [from.split('/'), to.split('/')];
  const same = one.findIndex((part, i) => part !== other[i]);
  return [one.slice(0, same + 1).join('/'), other.slice(0, same + 1).join('/')];
}

/** @returns findings by the circle's members */
export function foldersInCircles() {
  const findings = new Map();
  for (const folder of [...foldersIn('packages'), ...foldersIn('apps')]) {
    const edges = new Map();
    const examples = new Map();
    for (const path of filesBelow(`${folder}/src`, /[.]ts$/).filter((each) => !isTest(each))) {
      for (const specifier of importsOf(path).filter((each) => each.startsWith('.'))) {
        const [from, to] = parting(path, resolved(path, specifier));
        if (from === to || isTest(`${to}/`)) continue;
        edges.set(from, (edges.get(from) ?? new Set()).add(to));
        examples.set(`${from} ${to}`, `${path} -> ${resolved(path, specifier)}`);
      }
    }
    for (const circle of circlesOf(edges)) {
      const arrows = circle.flatMap((from) => circle.flatMap((to) => examples.get(`${from} ${to}`) ?? []));
      findings.set(
        circle.join(' '),
        `import each other; point all of these one way:\n      ${arrows.join('\n      ')}`,
      );
    }
  }
  return findings;
}
