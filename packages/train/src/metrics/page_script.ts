/**
 * Runs in the page, after uPlot: reads the JSON in `#data` and draws a chart into every `.charts` element. A text of its
 * own, because it is inlined into a file that must work without a server.
 */
export const pageScript = String.raw`
const stages = JSON.parse(document.getElementById('data').textContent);
const color = '#2563eb';
const grid = { stroke: '#e5e7eb', width: 1 };
const number = (value) => (value == null ? '' : Number(value.toPrecision(5)).toString());
const charts = [];
for (const { name, x, series } of stages) {
  const host = document.getElementById('charts-' + name);
  for (const { label, y, logarithmic } of series) {
    const box = host.appendChild(document.createElement('figure'));
    const axis = { grid, ticks: grid, stroke: '#374151', font: '12px system-ui' };
    const chart = new uPlot(
      {
        title: label,
        width: 480,
        height: 240,
        cursor: { sync: { key: name } },
        scales: { x: { time: false }, y: logarithmic ? { distr: 3 } : {} },
        axes: [{ ...axis, label: 'step', labelSize: 20, labelFont: '12px system-ui' }, { ...axis, size: 64 }],
        series: [
          { label: 'step' },
          { label, stroke: color, width: 1.5, points: { show: x.length < 3 }, value: (_, value) => number(value) },
        ],
      },
      [x, y],
      box,
    );
    charts.push([chart, box]);
  }
}
const fit = () => charts.forEach(([chart, box]) => chart.setSize({ width: box.clientWidth, height: 240 }));
addEventListener('resize', fit);
fit();
`;
