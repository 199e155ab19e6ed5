import type { Graph } from '@snowglobe/graph';
import { shareCommonSubexpressions } from './common_subexpressions.js';
import { eliminateDeadCode } from './dead_code.js';

/** Equal nodes become one, and what no result needs is left out: what a graph is compiled, exported and counted as. */
export const simplify = (graph: Graph): Graph => eliminateDeadCode(shareCommonSubexpressions(graph));
