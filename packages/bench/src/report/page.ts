import type { Cell, Chart, Report, Section } from '@snowglobe/report';
import { precisionOf } from '../record/record.js';
import type { BenchEntry, BenchRecord } from '../record/types.js';

const digits = (value: number): string => Number(value.toPrecision(3)).toString();
const times = (value: number | null | undefined): string => (value == null ? '' : `${digits(value)}x`);

/** Records as a page: a section each, with bars by shape, the roofline, and what sparsity and history cost. */
export function benchReport(records: readonly BenchRecord[]): Report {
  return {
    title: 'Snowglobe on GPUs: kernels and worlds',
    paragraphs: [
      'Milliseconds are medians of one run: operands written, the op computed, its result read. Every kernel was checked ' +
        'against a double-precision reference before it was timed. ONNX Runtime took turns with ours in the same run; times ' +
        'beside its figures say how much longer it took. What lies above the roof of memory worked from caches; a record says so beside each.',
    ],
    sections: records.map(sectionOf),
  };
}

function sectionOf(record: BenchRecord): Section {
  const { adapter, environment, createdAt, commit, roofline, method, entries, refused, notes, summary } =
    record;
  const kernels = entries.filter(({ suite }) => suite === 'kernels');
  return {
    title: `${adapter.name}, ${createdAt.slice(0, 10)}`,
    paragraphs: [
      `${adapter.kind}, ${adapter.backend}, ${adapter.driver || 'driver not told'}; ${environment.runtime}, ${environment.os}, ${environment.cpu}, ` +
        `${environment.threads} threads${environment.webgpu ? `, ${environment.webgpu}` : ''}${commit === '' ? '' : `; commit ${commit.slice(0, 10)}`}.`,
      `${roofline ? roofOf(roofline) : ''}Kernel times come from ${method === 'timestamps' ? 'the device’s timestamps' : 'batches, by the wall clock'}.`,
      ...(precisionOf(record) === 'f16'
        ? ['Matmuls round their operands to half precision here; ONNX Runtime’s do not.']
        : []),
      ...(summary.geomeanVsOrtWebgpu === null
        ? []
        : [
            `Against ONNX Runtime’s WebGPU: ${times(summary.geomeanVsOrtWebgpu)} by geometric mean; ` +
              `${summary.worstFamily} least, ${times(summary.worstFamilyVsOrtWebgpu)}.`,
          ]),
      ...refused.map(({ family, shape, reason }) => `Not timed: ${family} ${shape}: ${reason}`),
      ...notes,
    ],
    tables: [...new Set(entries.map(({ family }) => family))].map((family) =>
      tableOf(
        family,
        entries.filter((entry) => entry.family === family),
      ),
    ),
    charts: [
      ...(roofline && kernels.length > 0 ? [rooflineChart(roofline, kernels)] : []),
      ...sparsityChart(entries),
      ...historyChart(entries),
    ],
  };
}

type Roofline = NonNullable<BenchRecord['roofline']>;

const roofOf = ({ copyGBs, fmaGflops, cacheGBs }: Roofline): string =>
  `A shader that only copies moves ${digits(copyGBs)} GB/s${cacheGBs ? `, ${digits(cacheGBs)} GB/s within caches` : ''}; ` +
  `one that only multiplies and adds does ${digits(fmaGflops)} GFLOP/s. `;

function tableOf(family: string, entries: readonly BenchEntry[]) {
  const has = {
    webgpu: entries.some(({ peers }) => peers?.ortWebgpu !== undefined),
    cpu: entries.some(({ peers }) => peers?.ortCpu !== undefined),
    dense: entries.some(({ denseMs }) => denseMs !== undefined),
    share: entries.some(({ share }) => share !== undefined),
  };
  const bar = (ms: number | undefined): Cell =>
    ms === undefined ? '' : { text: `${digits(ms)} ms`, bar: ms };
  const ratio = (ms: number | undefined, own: number): Cell => (ms === undefined ? '' : times(ms / own));
  return {
    columns: [
      family,
      'variant',
      'ours',
      ...(has.webgpu ? ['ONNX Runtime WebGPU', ''] : []),
      ...(has.cpu ? ['ONNX Runtime CPU', ''] : []),
      ...(has.dense ? ['dense', ''] : []),
      ...(has.share ? ['of roofline', 'largest error'] : []),
    ],
    rows: entries.map(({ shape, variant, choice, ms, peers, denseMs, share, maxError }): Cell[] => [
      shape,
      choice === 'tuned' ? `${variant} (tuned)` : variant,
      bar(ms),
      ...(has.webgpu ? [bar(peers?.ortWebgpu), ratio(peers?.ortWebgpu, ms)] : []),
      ...(has.cpu ? [bar(peers?.ortCpu), ratio(peers?.ortCpu, ms)] : []),
      ...(has.dense ? [bar(denseMs), ratio(denseMs, ms)] : []),
      ...(has.share
        ? [share === undefined ? '' : `${(100 * share).toFixed(0)} %`, maxError?.toExponential(1) ?? '']
        : []),
    ]),
  };
}

/** Kernels by operations a byte under the roof of the adapter. */
function rooflineChart(roofline: Roofline, kernels: readonly BenchEntry[]): Chart {
  const points = kernels
    .filter(({ gflops, gbs }) => gflops && gbs)
    .map(({ family, gflops, gbs }) => ({ family, x: Number((gflops! / gbs!).toPrecision(6)), y: gflops! }));
  const ridge = roofline.fmaGflops / roofline.copyGBs;
  const xs = points.map(({ x }) => x);
  const x = [...new Set([...xs, ridge, Math.min(ridge, ...xs) / 2, Math.max(ridge, ...xs) * 2])].sort(
    (a, b) => a - b,
  );
  const families = [...new Set(points.map(({ family }) => family))];
  return {
    title: 'Roofline',
    x,
    xAxis: { label: 'operations a byte', logarithmic: true },
    yAxis: { label: 'GFLOP/s', logarithmic: true },
    series: [
      {
        label: 'roof',
        y: x.map((each) => Math.min(roofline.fmaGflops, each * roofline.copyGBs)),
      },
      ...families.map((family) => ({
        label: family,
        points: true,
        // Several kernels may share an intensity; the fastest stands for them.
        y: x.map((each) => {
          const own = points.filter((point) => point.family === family && point.x === each);
          return own.length > 0 ? Math.max(...own.map(({ y }) => y)) : null;
        }),
      })),
    ],
  };
}

/** Sparse against dense, by how much is left out: where they cross is where sparsity begins to pay. */
function sparsityChart(entries: readonly BenchEntry[]): Chart[] {
  const sparse = entries
    .filter(({ family, denseMs }) => family === 'attention-sparse' && denseMs !== undefined)
    .map(({ shape, ms, denseMs }) => ({ share: Number(/(\d+) %/.exec(shape)?.[1]), ms, dense: denseMs! }))
    .sort((a, b) => a.share - b.share);
  if (sparse.length < 2) return [];
  return [
    {
      title: 'Block-sparse attention beside dense',
      x: sparse.map(({ share }) => share),
      xAxis: { label: 'percent left out' },
      yAxis: { label: 'ms', fromZero: true },
      series: [
        { label: 'sparse', y: sparse.map(({ ms }) => ms) },
        { label: 'dense', y: sparse.map(({ dense }) => dense) },
      ],
    },
  ];
}

function historyChart(entries: readonly BenchEntry[]): Chart[] {
  const history = entries
    .filter(({ family }) => family === 'history')
    .map(({ shape, ms }) => ({ frames: Number.parseInt(shape, 10), ms }))
    .sort((a, b) => a.frames - b.frames);
  if (history.length < 2) return [];
  return [
    {
      title: 'What a layer’s look into the past costs',
      x: history.map(({ frames }) => frames),
      xAxis: { label: 'frames of history', logarithmic: true },
      yAxis: { label: 'ms', fromZero: true },
      series: [{ label: 'block-sparse', y: history.map(({ ms }) => ms) }],
    },
  ];
}
