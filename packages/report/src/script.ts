/**
 * Runs in the page, after uPlot: reads the JSON in `#data` and draws the charts of each section. A text of its own, because
 * it is inlined into a file that must work without a server.
 */
export const script = String.raw`
const sections = JSON.parse(document.getElementById('data').textContent);
const colors = ['#2563eb', '#d97706', '#059669', '#db2777', '#7c3aed', '#6b7280', '#0891b2', '#65a30d', '#b91c1c', '#4338ca'];
const grid = { stroke: '#e5e7eb', width: 1 };
const number = (value) => (value == null ? '' : Number(value.toPrecision(4)).toString());
const charts = [];
sections.forEach(({ charts: own }, section) => {
  const host = document.getElementById('charts-' + section);
  for (const { title, x, xAxis, yAxis = {}, series } of own) {
    const box = host.appendChild(document.createElement('figure'));
    const axis = { grid, ticks: grid, stroke: '#374151', font: '12px system-ui', labelFont: '12px system-ui', labelSize: 20 };
    const fromZero = { range: (_, __, largest) => [0, 1.08 * largest] };
    const scale = (axis) => (axis.logarithmic ? { distr: 3 } : axis.fromZero ? fromZero : {});
    const values = (_, splits) => splits.map((each) => (each == null ? '' : number(each)));
    const chart = new uPlot(
      {
        title,
        width: 480,
        height: 260,
        cursor: { sync: { key: 'section ' + section } },
        scales: { x: { time: false, ...scale(xAxis) }, y: scale(yAxis) },
        axes: [
          { ...axis, values, label: xAxis.label ?? '' },
          { ...axis, values, size: 64, label: yAxis.label, labelSize: yAxis.label ? 20 : 0 },
        ],
        series: [
          { label: xAxis.label ?? 'x', value: (_, value) => number(value) },
          ...series.map(({ label, points }, index) => ({
            label,
            stroke: colors[index % colors.length],
            width: points ? 0 : 1.5,
            spanGaps: true,
            paths: points ? () => null : undefined,
            points: { show: points || x.length < 20, size: points ? 9 : 5, fill: colors[index % colors.length] },
            value: (_, value) => number(value),
          })),
        ],
      },
      [x, ...series.map(({ y }) => y)],
      box,
    );
    charts.push([chart, box]);
  }
});
const fit = () => charts.forEach(([chart, box]) => chart.setSize({ width: box.clientWidth, height: 260 }));
addEventListener('resize', fit);
fit();
`;
