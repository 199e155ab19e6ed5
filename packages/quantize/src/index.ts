export type { Grid, Scheme } from './schemes/scheme.js';
export { allSchemes, registerScheme, schemeNamed } from './schemes/registry.js';
export type { ChooseGridOptions } from './schemes/choose_grid.js';
export { registerPlugin } from './schemes/plugin.js';
export { chooseGrid } from './schemes/choose_grid.js';
export type { Rounding } from './schemes/rounding.js';
export { roundingOf } from './schemes/rounding.js';
export { groupFor, perChannel } from './schemes/groups.js';
export type { Algorithm } from './algorithms/algorithm.js';
export { algorithmParts, needsStatistics, parseAlgorithm } from './algorithms/algorithm.js';
export type { QuantizedLayer, QuantizeOptions } from './algorithms/quantize_matrix.js';
export { quantizeMatrix } from './algorithms/quantize_matrix.js';
export type { Statistics } from './algorithms/statistics.js';
export { gramStatistics, rowStatistics } from './algorithms/statistics.js';
export { recordingsOf } from './measure/recordings.js';
export type { LayerPlan, Plan } from './plan/plan.js';
export { encodePlan, parsePlan, withKvCache } from './plan/plan.js';
export type { Expected } from './plan/choose.js';
export { checkBytes } from './plan/least_bytes.js';
export { layersOfWorld } from './world/layers.js';
export type {
  LaboratoryOptions,
  QuantizedWorld,
  SchemeFigures,
  WorldFigures,
} from './laboratory/laboratory.js';
export { Laboratory } from './laboratory/laboratory.js';
export type { LayerErrors } from './world/quantize_layers.js';
export type { Comparison } from './report/comparison.js';
export { compare, plansToCompare } from './report/comparison.js';
export { comparisonReport } from './report/page.js';
export { trainingFormats } from './world/training.js';
