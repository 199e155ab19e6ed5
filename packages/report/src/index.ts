export type { Axis, Cell, Chart, Picture, Report, Section, Series, Table } from './report.js';
export { renderReport } from './render.js';
