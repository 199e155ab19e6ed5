/**
 * Imports between packages point down only (ARCHITECTURE.md): graph <- kernels <- compiler, model;
 * graph, kernels, compiler, model <- runtime; those <- eval, cluster, server, element; cluster <- bench; eval <- train, quantize; apps on top; worlds, which eval and train import, imports none of them.
 */
const below = {
  graph: [],
  kernels: ['graph'],
  compiler: ['graph', 'kernels'],
  model: ['graph', 'kernels'],
  runtime: ['graph', 'kernels', 'compiler', 'model', 'media'],
  eval: ['graph', 'kernels', 'model', 'runtime', 'worlds'],
  quantize: ['graph', 'kernels', 'compiler', 'model', 'runtime', 'eval', 'media', 'report'],
  bench: ['graph', 'kernels', 'model', 'runtime', 'cluster', 'report'],
  train: ['graph', 'kernels', 'compiler', 'model', 'runtime', 'eval', 'media', 'worlds', 'report'],
  cluster: ['graph', 'runtime'],
  server: ['graph', 'media', 'runtime'],
  element: ['graph', 'media', 'runtime'],
  media: ['graph'],
  worlds: [],
  report: [],
};

const TESTS = '[.]test[.]ts$|/test(ing)?/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(below).map(([name, allowed]) => ({
      name: `direction-${name}`,
      comment: `packages/${name} may import ${allowed.join(', ') || 'no other package of this repository'}`,
      severity: 'error',
      // Tests of a kernel run it on every executor, which live above it.
      from: { path: `^packages/${name}/`, pathNot: TESTS },
      to: {
        path: '^(packages|apps|examples)/',
        pathNot: [name, ...allowed].map((each) => `^packages/${each}/`),
      },
    })),
    {
      name: 'unknown-package',
      comment: 'a new package gets its place in .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^packages/', pathNot: Object.keys(below).map((each) => `^packages/${each}/`) },
      to: {},
    },
    {
      name: 'app-imports-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^(apps|examples)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'by-name',
      comment: 'another package is imported by its name (@snowglobe/graph), not by a path into its folder',
      severity: 'error',
      from: { path: '^(packages|apps|examples)/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'internal-is-for-packages',
      comment:
        'what stands behind /internal is for packages and apps of this repository; examples use what everybody can',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^packages/[^/]+/src/internal' },
    },
    {
      name: 'internal-from-inside',
      comment: 'entries are for others; a package imports its own files',
      severity: 'error',
      from: { path: '^packages/([^/]+)/', pathNot: '^packages/[^/]+/src/internal' },
      to: { path: '^packages/$1/src/(internal|index[.]ts)' },
    },
    {
      name: 'no-node-in-core',
      comment:
        'graph, kernels, compiler, model and the core of runtime run in browsers too; Node goes to a folder named node in runtime',
      severity: 'error',
      from: {
        path: '^packages/(graph|kernels|compiler|model|runtime)/src/',
        pathNot: [TESTS, '^packages/runtime/src/node/', '^packages/runtime/src/[^/]+/node/'],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycle',
      comment: 'neither of values nor of types; folders in circles are found by scripts/structure.mjs',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: '@webgpu/types has declarations alone, which declarations of ours refer to',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@webgpu/types$' },
    },
    {
      name: 'declared',
      comment:
        'what is imported stands in the package.json of the package that imports it; optional peers stand in a section that the tool does not know, too',
      severity: 'error',
      from: { path: '^(packages|apps)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'no-dev-dependency-in-source',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@snowglobe/source', 'import', 'node', 'default', 'types'],
    },
    combinedDependencies: false,
  },
};
