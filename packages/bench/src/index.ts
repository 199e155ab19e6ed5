export type { Family } from './cases/case.js';
export type { Comparison, Difference } from './compare/compare.js';
export { compareRecords } from './compare/compare.js';
export { parseRecord, summarizeEntries } from './record/record.js';
export type { BenchEntry, BenchRecord, BenchRefusal } from './record/schema.js';
export { benchReport } from './report/page.js';
export type { BenchOptions, Suite } from './run.js';
export { runBench, suites } from './run.js';
