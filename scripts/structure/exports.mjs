/**
 * Names that a package's entries export and nobody outside of it imports; knip takes entries as used. Of public entries functions, classes
 * and values count: types stand there because signatures name them, which `npm run docs` checks.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { filesBelow, foldersIn, isTest, read, resolved } from './sources.mjs';

const parsed = (path, text = read(path)) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

/** Names that a module exports, by their names outside; without types where they are not asked for. */
function exportedNames(path, withTypes) {
  return parsed(path).statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier, isTypeOnly } = statement;
      if (isTypeOnly && !withTypes) return [];
      if (!exportClause) return exportedNames(resolved(path, moduleSpecifier.text), withTypes);
      return ts.isNamedExports(exportClause)
        ? exportClause.elements.map(({ name }) => name.text)
        : [exportClause.name.text];
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    if (isType && !withTypes) return [];
    const declarations = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations
      : [statement];
    return declarations.flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : []));
  });
}

/**
 * What is taken of a module that is imported while the program runs: the names of `const { … } = await import(…)` and of
 * `const [{ … }, …] = await Promise.all([import(…), …])`, and what `m.…` names after `const m = await import(…)`; otherwise all.
 */
function namesTaken(call, source) {
  let { parent } = call;
  let place;
  if (ts.isArrayLiteralExpression(parent)) {
    place = parent.elements.indexOf(call);
    parent = parent.parent.parent;
  }
  const declaration = parent.parent;
  if (!ts.isAwaitExpression(parent) || !ts.isVariableDeclaration(declaration)) return ['*'];
  const binding = place === undefined ? declaration.name : declaration.name.elements?.[place]?.name;
  if (!binding) return ['*'];
  return ts.isIdentifier(binding) ? membersOf(binding, source) : namesIn(binding);
}

const namesIn = (pattern) =>
  ts.isObjectBindingPattern(pattern)
    ? pattern.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
    : ['*'];

/** Members of a variable that the source names; `*` where it is used whole. */
function membersOf(variable, source) {
  const members = [];
  const visit = (node) => {
    ts.forEachChild(node, visit);
    if (!ts.isIdentifier(node) || node.text !== variable.text || node === variable) return;
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent))
      members.push(parent.expression === node ? parent.name.text : []);
    else if (ts.isVariableDeclaration(parent) && parent.initializer === node)
      members.push(namesIn(parent.name));
    else members.push('*');
  };
  visit(source);
  return members.flat();
}

/** Calls `use` with the module and name of everything that a source imports by name; `*` where it takes a module whole. */
function forEachImport(source, use) {
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
      const names = bindings?.elements?.map(({ name, propertyName }) => (propertyName ?? name).text) ?? ['*'];
      for (const name of names) use(node.moduleSpecifier.text, name);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { qualifier } = node;
      use(node.argument.literal.text, qualifier && ts.isIdentifier(qualifier) ? qualifier.text : '*');
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [module] = node.arguments;
      if (module && ts.isStringLiteral(module))
        for (const name of namesTaken(node, source)) use(module.text, name);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** Programs that stand in texts, between lines of three backticks. */
const programsIn = (text) =>
  [...text.matchAll(/^```(?:ts|js|html)\n(.*?)^```/gms)].map(([, program]) => program);

/** `PACKAGE NAME` of everything that a package, app, example or text imports from elsewhere, by whatever entry; with tests or without. */
function usedNames(withTests) {
  const used = new Set();
  const owners = new Map(
    foldersIn('packages').map((folder) => [JSON.parse(read(`${folder}/package.json`)).name, folder]),
  );
  const add = (path, source) =>
    forEachImport(source, (module, name) => {
      const owner = module.split('/').slice(0, 2).join('/');
      if (!path.startsWith(`${owners.get(owner)}/`)) used.add(`${owner} ${name}`);
    });
  for (const folder of ['packages', 'apps', 'examples', 'scripts']) {
    for (const path of filesBelow(folder, /[.]([cm]?js|ts)$/))
      if (withTests || !isTest(path)) add(path, parsed(path));
  }
  const folders = ['docs', 'packages', 'apps', 'examples'];
  for (const path of ['README.md', ...folders.flatMap((each) => filesBelow(each, /[.]md$/))]) {
    for (const program of programsIn(read(path))) add('', parsed(`${path}.ts`, program));
  }
  return used;
}

/** @returns findings by `PACKAGE NAME` */
export function unusedExports() {
  const usedBy = { source: usedNames(false), all: usedNames(true) };
  const findings = new Map();
  for (const folder of foldersIn('packages')) {
    const { name, exports = {} } = JSON.parse(read(`${folder}/package.json`));
    for (const [subpath, target] of Object.entries(exports)) {
      const entry = target['@snowglobe/source'];
      // Entries for tests serve tests.
      if (!entry?.endsWith('.ts') || subpath === './testing') continue;
      const isInternal = subpath.startsWith('./internal');
      // What is for this repository alone may serve its tests; `export *` of one entry in another is no use of it.
      const used = isInternal ? usedBy.all : usedBy.source;
      if (used.has(`${name} *`)) continue;
      for (const each of exportedNames(posix.join(folder, entry), isInternal).filter(
        (each) => !used.has(`${name} ${each}`),
      )) {
        findings.set(
          `${name} ${each}`,
          'is exported, and no other package, app, example or text imports it; take it out of the entry',
        );
      }
    }
  }
  return findings;
}
