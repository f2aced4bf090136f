// What the charts of all pages have in common. Colours are the style's, so that light, dark and a change between them need
// nothing but drawing again.
'use strict';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const grouped = (number) => number.toLocaleString('en-GB').replaceAll(',', '\u202f');

/** Draws now, and again when light turns to dark. When the page changes, only the width of the charts does. */
function keepDrawn(draw, charts) {
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  const resized = () => charts().forEach((chart) => {
    const { clientWidth } = chart.root.parentElement;
    if (clientWidth !== chart.width) chart.setSize({ width: clientWidth, height: chart.height });
  });
  addEventListener('resize', resized);
  addEventListener('beforeprint', resized);
}
