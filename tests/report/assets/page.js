// Draws the charts of a report with uPlot, from the data that stands in the page. Without this the tables say the same.
'use strict';

const { series, burned, threshold_ms } = JSON.parse(document.getElementById('data').textContent);
const SHOWN = 4; // Versions with a colour of their own in a chart; the rest is one more.
const HEIGHT = 230;
const colours = new Map(); // A version has the same one in all charts.
const cursor = { sync: { key: 'time' }, y: false };
let charts = [];

const two = (number) => String(number).padStart(2, '0');

/** `2026-11-23 16:48 UTC`, with seconds where slots are that short. */
function moment(seconds) {
  const [date, time] = new Date(seconds * 1000).toISOString().split('T');
  return `${date} ${time.slice(0, series.width_seconds < 60 ? 8 : 5)} UTC`;
}

/** Under a line of the time axis: the time, and the date at its first line and at midnight. */
function ticks(_, splits, _axis, _space, step) {
  return splits.map((split, index) => {
    const at = new Date(split * 1000);
    const date = at.toISOString().slice(0, 10);
    if (step >= 86400) return date;
    const seconds = step < 60 ? `:${two(at.getUTCSeconds())}` : '';
    const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${seconds}`;
    const midnight = at.getUTCHours() === 0 && at.getUTCMinutes() === 0 && at.getUTCSeconds() === 0;
    const room = index < splits.length - 1;
    return index === 0 || (midnight && room) ? `${time}\n${date}` : time;
  });
}

/** The ground of the time in which the budget was burned. */
function markBurned(chart) {
  if (!burned) return;
  const from = chart.valToPos(Date.parse(burned.since) / 1000, 'x', true);
  const until = burned.until ? Date.parse(burned.until) / 1000 : chart.scales.x.max;
  const to = chart.valToPos(until, 'x', true);
  const { left, top, width, height } = chart.bbox;
  const start = Math.max(left, from);
  chart.ctx.fillStyle = colour('burned');
  chart.ctx.fillRect(start, top, Math.max(2, Math.min(left + width, to) - start), height);
}

function axes(values) {
  const thin = { stroke: colour('grid'), width: 1 };
  const common = { stroke: colour('soft'), grid: thin, ticks: thin };
  return [{ ...common, values: ticks, space: 70, size: 42 }, { ...common, values, size: 62 }];
}

/** A chart in its place. `lines` are uPlot's series after the first, `rows` its data. */
function draw(id, lines, rows, { range, values = (_, splits) => splits.map(grouped) } = {}) {
  const place = document.getElementById(id);
  const last = series.starts.at(-1) + series.width_seconds;
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    cursor,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { x: { range: [series.starts[0], last] }, y: { range } },
    axes: axes(values),
    series: [{ label: 'From', value: (_, seconds) => (seconds == null ? '–' : moment(seconds)) }, ...lines],
    hooks: { drawClear: [markBurned] },
  };
  charts.push(new uPlot(options, [series.starts, ...rows], place));
}

/** From 0 to a little more than there is. */
const fromZero = (_, _min, max) => [0, max > 0 ? max * 1.08 : 1];

const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

function colourOf(label) {
  if (!colours.has(label)) colours.set(label, `c${colours.size + 1}`);
  return colours.get(label);
}

/** Bars on one another: the version with the most on top, each painted over by the sum of those after it. */
function stacked(id, of) {
  const lines = series.groups
    .filter((group) => total(group[of]) > 0)
    .sort((one, other) => total(other[of]) - total(one[of]));
  const shown = lines.slice(0, SHOWN).map(({ label, [of]: numbers }) => ({ label, numbers, name: colourOf(label) }));
  const rest = lines.slice(SHOWN);
  if (rest.length > 0) {
    const numbers = series.starts.map((_, slot) => total(rest.map((group) => group[of][slot])));
    shown.push({ label: `${rest.length} more`, numbers, name: 'rest' });
  }
  if (shown.length === 0) {
    document.getElementById(id).textContent = 'There are none in this log.';
    return;
  }
  const sums = shown.map((_, first) =>
    series.starts.map((_, slot) => total(shown.slice(first).map(({ numbers }) => numbers[slot]))));
  const bars = uPlot.paths.bars({ size: [1, 60], align: 1, gap: 0 });
  draw(id, shown.map(({ label, numbers, name }) => ({
    label,
    stroke: colour(name),
    fill: colour(name),
    width: 0,
    paths: bars,
    points: { show: false },
    value: (_, _sum, _series, slot) => (slot == null ? '–' : grouped(numbers[slot])),
  })), sums, { range: fromZero });
}

const line = (label, name, more) => ({ label, stroke: colour(name), width: 2, points: { show: false }, ...more });
const dashed = (label) => line(label, 'bad', { width: 1.5, dash: [6, 4], value: () => '' });

function budget() {
  const percent = (_, left) => (left == null ? '–' : `${grouped(Math.round(left * 10) / 10)} %`);
  const rows = [series.availability_left_percent, series.latency_left_percent, series.starts.map(() => 0)];
  const lowest = Math.min(0, ...rows[0], ...rows[1]);
  const lines = [
    line('Errors', 'c1', { value: percent, width: 2.5 }),
    line('Latency', 'c2', { value: percent }),
    dashed('used up'),
  ];
  const values = (_, splits) => splits.map((split) => `${grouped(split)} %`);
  draw('budget', lines, rows, { range: [lowest * 1.08, 105], values });
}

function latency(chosen) {
  const of = [series.total, ...series.groups][chosen];
  const ms = (_, value) => (value == null ? '–' : `${grouped(value)} ms`);
  const lines = [
    line('p50', 'c4', { value: ms, spanGaps: true }),
    line('p95', 'c3', { value: ms, spanGaps: true }),
    line('p99', 'c5', { value: ms, spanGaps: true }),
    dashed(`${threshold_ms} ms`),
  ];
  draw('latency', lines, [of.p50_ms, of.p95_ms, of.p99_ms, series.starts.map(() => threshold_ms)], { range: fromZero });
}

/** The groups whose latency there is to choose. */
function choices(select) {
  [series.total, ...series.groups].forEach((group, place) => {
    if (group.p50_ms.some((ms) => ms !== null)) select.add(new Option(group.label, place));
  });
}

function drawAll() {
  charts.forEach((chart) => chart.destroy());
  charts = [];
  stacked('failed', 'bad');
  budget();
  latency(Number(select.value));
  stacked('requests', 'requests');
}

const select = document.getElementById('latency-of');
if (series.starts.length > 0) {
  choices(select);
  keepDrawn(drawAll, () => charts);
  select.addEventListener('change', drawAll);
}
