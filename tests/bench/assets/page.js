// Draws how the cost grows and what a soak keeps with uPlot, from the data that stands in the page. Both axes of the sweep
// are logarithmic, so that what is linear is a straight line; the others' y axis begins at nothing, so that what is flat
// looks flat.
'use strict';

const { growth, soak } = JSON.parse(document.getElementById('data').textContent);
const HEIGHT = 240;
let charts = [];

const round = (number) => (number >= 10 ? grouped(Math.round(number)) : String(Math.round(number * 100) / 100));

/** A line for each of `lines`: label, colour and values, over `x`. */
function draw(id, x, what, lines, { logarithmic = false, unit = 'ms', linear = false } = {}) {
  const place = document.getElementById(id);
  const thin = { stroke: colour('grid'), width: 1 };
  const axis = { stroke: colour('soft'), grid: thin, ticks: thin };
  const powers = (_, splits) => splits.map((split) => (Number.isInteger(Math.log10(split)) ? grouped(split) : null));
  const most = Math.max(...lines.flatMap(([, , values]) => values));
  const y = logarithmic ? { distr: 3 } : { range: [0, most * 1.15] };
  charts.push(new uPlot({
    width: place.clientWidth,
    height: HEIGHT,
    scales: { x: { time: false, distr: linear ? 1 : 3 }, y },
    axes: [
      { ...axis, ...(linear ? {} : { values: powers }), space: 40, label: what, labelSize: 22 },
      { ...axis, size: 64, values: logarithmic ? powers : (_, splits) => splits.map(round) },
    ],
    series: [
      { label: what, value: (_, value) => (value == null ? '–' : linear ? round(value) : grouped(value)) },
      ...lines.map(([label, name]) => ({
        label,
        stroke: colour(name),
        width: 2,
        points: { show: x.length < 50, size: 6, fill: colour('box') },
        value: (_, value) => (value == null ? '–' : `${round(value)} ${unit}`),
      })),
    ],
  }, [x, ...lines.map(([, , values]) => values)], place));
}

function drawSoak() {
  const minutes = soak.samples.map((sample) => sample.seconds / 60);
  const memory = soak.samples.map((sample) => sample.memory_bytes / 1048576);
  draw('soak', minutes, 'minutes', [['resident', 'c2', memory]], { unit: 'MiB', linear: true });
}

function drawAll() {
  charts.forEach((chart) => chart.destroy());
  charts = [];
  if (soak) drawSoak();
  if (growth) drawGrowth();
}

function drawGrowth() {
  const of = (name) => growth.lists.map((list) => list[name]);
  const messages = of('messages');
  draw('newest', messages, 'messages', [
    ['lockstep', 'c2', of('newest_lockstep_ms')], ['direct', 'rest', of('newest_direct_ms')],
  ]);
  draw('middle', messages, 'messages', [
    ['lockstep', 'c2', of('middle_lockstep_ms')], ['direct', 'rest', of('middle_direct_ms')],
  ]);
  draw('gate', messages, 'messages', [['gate check', 'c5', of('gate_ms')]]);
  const overlays = growth.sweeps.map((sweep) => sweep.overlays);
  draw('sweep', overlays, 'overlays', [['sweep', 'c1', growth.sweeps.map((sweep) => sweep.took_ms)]], { logarithmic: true });
}

if (growth || soak) keepDrawn(drawAll, () => charts);
