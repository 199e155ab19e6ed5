/** An axis of a chart. */
export interface Axis {
  readonly label?: string;
  readonly logarithmic?: boolean;
  /** Begin at zero, so that lengths compare. Default false. */
  readonly fromZero?: boolean;
}

/** One line or cloud of points, over the x of its chart. */
export interface Series {
  readonly label: string;
  /** A number an x; null where there is none. */
  readonly y: readonly (number | null)[];
  /** Points alone, without a line. Default false. */
  readonly points?: boolean;
}

/** A plot of series over one axis. */
export interface Chart {
  readonly title: string;
  /** In rising order. */
  readonly x: readonly number[];
  readonly xAxis: Axis;
  readonly yAxis?: Axis;
  readonly series: readonly Series[];
}

/** A cell with a number also has a bar as long as its share of the longest in its column group. */
export type Cell = string | { readonly text: string; readonly bar: number };

/** Rows under columns. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A picture with a caption. */
export interface Picture {
  readonly caption: string;
  /** Base64. */
  readonly png: string;
}

/** A part of a page under a heading. */
export interface Section {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly tables?: readonly Table[];
  readonly charts?: readonly Chart[];
  readonly pictures?: readonly Picture[];
}

/** A page. */
export interface Report {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly sections: readonly Section[];
}
