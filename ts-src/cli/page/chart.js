/** What bytes are spent on: a bar of parts, and the figures. */
import { byteSize, grouped, make } from './dom.js';

const namespace = 'http://www.w3.org/2000/svg';
const colors = 8;
/** A bundle of many entries: the largest ones, and the others together. */
const mostParts = 8;

/** @param {{ name: string, bytes: number }[]} sizes */
export function sizeChart(sizes) {
  const parts = largest(sizes);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const share = (bytes) => `${((bytes / Math.max(total, 1)) * 100).toFixed(1)}\u202f%`;
  const rows = parts.map(({ name, bytes }, index) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, swatch(index), name),
      make('td', { title: `${grouped(bytes)} bytes` }, byteSize(bytes)),
      make('td', {}, share(bytes)),
    ),
  );
  const sum = make(
    'tr',
    { className: 'total' },
    make('th', { scope: 'row' }, 'all'),
    make('td', {}, byteSize(total)),
    make('td'),
  );
  const label = parts.map(({ name, bytes }) => `${name} ${share(bytes)}`).join(', ');
  return [bar(parts, total, label), make('table', { className: 'figures' }, make('tbody', {}, ...rows, sum))];
}

function largest(sizes) {
  const sorted = [...sizes].sort((a, b) => b.bytes - a.bytes);
  if (sorted.length <= mostParts) return sorted;
  const others = sorted.slice(mostParts - 1).reduce((sum, { bytes }) => sum + bytes, 0);
  return [...sorted.slice(0, mostParts - 1), { name: 'others', bytes: others }];
}

function shape(name, attributes) {
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function bar(parts, total, label) {
  const svg = shape('svg', {
    class: 'bar-chart',
    viewBox: '0 0 1000 28',
    preserveAspectRatio: 'none',
    role: 'img',
  });
  svg.setAttribute('aria-label', label);
  let start = 0;
  parts.forEach(({ name, bytes }, index) => {
    const width = (bytes / Math.max(total, 1)) * 1000;
    const part = shape('rect', { x: start, y: 0, width, height: 28, class: `part-${index % colors}` });
    const title = shape('title', {});
    title.textContent = `${name}: ${byteSize(bytes)}`;
    part.append(title);
    svg.append(part);
    start += width;
  });
  return svg;
}

function swatch(index) {
  const svg = shape('svg', { class: 'swatch', viewBox: '0 0 10 10', 'aria-hidden': 'true' });
  svg.append(shape('rect', { width: 10, height: 10, rx: 2, class: `part-${index % colors}` }));
  return svg;
}
