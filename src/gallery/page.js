// SPDX-License-Identifier: MIT
// The gallery: only the cards that can be seen are in the page, so that 20,000 pictures cost no more than 50.
'use strict';

// ---- what the run said ----

const lines = JSON.parse(document.getElementById('report').textContent);
const base = lines.shift().base;
const totals = lines.pop().summary;

// Of what a browser can show, JPEG XL last.
const SHOWN = ['jpeg', 'png', 'webp', 'gif', 'avif', 'jxl'];
const FAILED = new Set(['failed', 'known', 'skipped']);

// The path of a URL. A name that is no UTF-8 comes with its bytes in base64.
function urlOf(output) {
  const plain = output.path_base64
    ? Array.from(atob(output.path_base64), (c) => c === '/' ? c : '%' + c.charCodeAt(0).toString(16).padStart(2, '0'))
    : output.path.split('/').map((part) => encodeURIComponent(part)).join('/');
  return base + (Array.isArray(plain) ? plain.join('') : plain);
}

// Names sort as people count: a2 before a10, whatever the case.
function nameKey(name) {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

function causeOf(line) {
  if (line.error) return line.error.stage + ': ' + line.error.message;
  return line.warning || line.reason || '';
}

const pictures = lines.map((line) => ({
  line,
  name: line.source,
  key: nameKey(line.source),
  lower: line.source.toLowerCase(),
  failed: FAILED.has(line.status),
  size: line.bytes || 0,
  modified: line.modified || 0,
  work: line.ms ? line.ms.load + line.ms.decode + line.ms.resize + line.ms.encode + line.ms.write : 0,
}));

// ---- words ----

// What would hide, or turn round what stands beside it, is written out.
function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => c === '\u200c' || c === '\u200d'
    ? c : '\u27e8U+' + c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + '\u27e9');
}

function bytesText(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let i = 0;
  for (; bytes >= 1000 && i < units.length - 1; i++) bytes /= 1000;
  return (i && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)) + ' ' + units[i];
}

function countText(n, one, many) {
  return n.toLocaleString('en') + ' ' + (n === 1 ? one : many);
}

function factsOf({ width, height, bytes }) {
  const facts = [];
  if (width) facts.push(width + ' \u00d7 ' + height);
  if (bytes) facts.push(bytesText(bytes));
  return facts.join(' \u00b7 ');
}

function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

// ---- one picture ----

// The smallest that has enough pixels, else the largest.
function outputFor(picture, side) {
  const outputs = picture.line.outputs || [];
  let best = null;
  for (const output of outputs) {
    if (!best || rank(output, side) < rank(best, side)) best = output;
  }
  return best;
}

function rank(output, side) {
  const most = Math.max(output.width || 0, output.height || 0);
  const format = SHOWN.indexOf(output.format);
  const isPoor = format < 0 || output.format === 'jxl' ? 1e9 : 0;
  return isPoor + (most >= side ? most : 1e6 - most) + format / 10;
}

function fillWell(well, picture, side, lazy) {
  const { line } = picture;
  well.replaceChildren();
  if (picture.failed) {
    const text = add(well, 'p');
    add(text, 'b', line.error ? line.error.code.replaceAll('_', ' ') : line.status);
    add(text, 'bdi', visible(causeOf(line)));
    return;
  }
  const output = outputFor(picture, side);
  if (!output || line.status === 'would-make') {
    add(well, 'p', line.status === 'would-make' ? 'would be made' : 'no thumbnail is on record');
    return;
  }
  const image = document.createElement('img');
  if (lazy) image.loading = 'lazy';
  image.decoding = 'async';
  image.alt = '';
  if (output.width) { image.width = output.width; image.height = output.height; }
  image.addEventListener('error', () => {
    well.replaceChildren();
    add(well, 'p', 'This ' + (output.format || '') + ' file is gone, or not shown by this browser.');
  });
  image.src = urlOf(output);
  well.append(image);
}

// ---- the sheet ----

const sheet = document.getElementById('sheet');
const CAPTION = 46, GAP = 10, LEAST_WIDTH = 170;
let shown = []; // the pictures that pass the filter, in order
let here = 0; // where the keyboard is, in shown
let columns = 1, width = LEAST_WIDTH, rowHeight = 1;
const cards = new Map(); // what is in the page now: from place in shown to element

function makeCard(place) {
  const picture = shown[place];
  const card = document.createElement('div');
  card.className = 'card' + (picture.failed ? ' bad' : '');
  card.id = 'card-' + place;
  card.setAttribute('role', 'option');
  card.setAttribute('aria-posinset', place + 1);
  card.setAttribute('aria-setsize', shown.length);
  card.title = visible(picture.name);
  card.style.width = width + 'px';
  card.style.height = rowHeight - GAP + 'px';
  card.style.left = place % columns * (width + GAP) + 'px';
  card.style.top = Math.floor(place / columns) * rowHeight + 'px';
  fillWell(add(card, 'div', '', 'well'), picture, width * devicePixelRatio, true);
  const caption = add(card, 'div', '', 'caption');
  const name = add(caption, 'bdi'), slash = picture.name.lastIndexOf('/') + 1;
  if (slash) add(name, 'span', visible(picture.name.slice(0, slash)), 'folder');
  add(name, 'span', visible(picture.name.slice(slash)));
  const isDamaged = picture.line.status === 'damaged';
  add(caption, 'small', isDamaged ? 'damaged: ' + causeOf(picture.line) : factsOf(picture.line), isDamaged ? 'warn' : '');
  return card;
}

function markHere() {
  for (const [place, card] of cards) {
    card.classList.toggle('here', place === here);
    card.setAttribute('aria-selected', place === here);
  }
  if (cards.has(here)) sheet.setAttribute('aria-activedescendant', 'card-' + here);
  else sheet.removeAttribute('aria-activedescendant');
}

// Put the cards in the page that can be seen, and a screen more in each direction; take the rest out.
function show() {
  const top = scrollY - sheet.offsetTop;
  const first = Math.max(0, Math.floor((top - innerHeight / 2) / rowHeight)) * columns;
  const end = Math.min(shown.length, Math.ceil((top + innerHeight * 1.5) / rowHeight) * columns);
  for (const [place, card] of cards) {
    if (place < first || place >= end) {
      card.remove();
      cards.delete(place);
    }
  }
  for (let place = first; place < end; place++) {
    if (cards.has(place)) continue;
    const card = makeCard(place);
    cards.set(place, card);
    sheet.append(card);
  }
  markHere();
}

function lay() {
  const whole = sheet.clientWidth;
  columns = Math.max(1, Math.floor((whole + GAP) / (LEAST_WIDTH + GAP)));
  width = Math.floor((whole - GAP * (columns - 1)) / columns);
  rowHeight = Math.round(width * 0.75) + CAPTION + GAP;
  sheet.style.height = Math.ceil(shown.length / columns) * rowHeight + 'px';
  for (const card of cards.values()) card.remove();
  cards.clear();
  show();
}

let isShowPending = false;
function showSoon() {
  if (isShowPending) return;
  isShowPending = true;
  requestAnimationFrame(() => {
    isShowPending = false;
    show();
  });
}

function reveal() {
  const head = document.querySelector('header').offsetHeight;
  const top = sheet.offsetTop + Math.floor(here / columns) * rowHeight;
  if (top - GAP < scrollY + head) scrollTo(0, top - head - GAP);
  else if (top + rowHeight > scrollY + innerHeight) scrollTo(0, top + rowHeight - innerHeight);
  show();
}

function go(place) {
  if (!shown.length) return;
  here = Math.min(Math.max(place, 0), shown.length - 1);
  reveal();
  if (large.open) fillLarge();
}

// ---- order and choice ----

// Which way round each begins: large, new and slow ones are what one looks for.
const ORDERS = { name: 1, size: -1, modified: -1, work: -1 };
let order = 'name', direction = 1;
const orders = document.getElementById('orders');
const which = document.getElementById('which');
const filter = document.getElementById('filter');

function byName(a, b) {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

// Failures come first in every order.
function compare(a, b) {
  if (a.failed !== b.failed) return a.failed ? -1 : 1;
  const difference = order === 'name' ? byName(a, b) : a[order] - b[order];
  return difference ? direction * difference : byName(a, b);
}

function isChosen(picture) {
  if (which.value === 'problems') return picture.failed || picture.line.status === 'damaged';
  return !which.value || picture.line.status === which.value;
}

function choose() {
  const part = filter.value.toLowerCase();
  shown = pictures.filter((picture) => isChosen(picture) && (!part || picture.lower.includes(part)));
  shown.sort(compare);
  here = 0;
  document.getElementById('none').hidden = shown.length > 0;
  for (const button of orders.children) {
    const isPressed = button.value === order;
    button.setAttribute('aria-pressed', isPressed);
    button.textContent = button.textContent.replace(/ [\u2191\u2193]$/, '') +
      (isPressed ? direction > 0 ? ' \u2191' : ' \u2193' : '');
  }
  scrollTo(0, 0);
  lay();
}

function sayCounts() {
  const counts = document.getElementById('counts');
  const failed = pictures.filter((picture) => picture.failed).length;
  counts.textContent = countText(pictures.length - failed, 'picture', 'pictures');
  if (failed) {
    counts.append(', ');
    add(counts, 'span', countText(failed, 'failure', 'failures'), 'bad');
  }
  if (totals.damaged) counts.append(', ' + countText(totals.damaged, 'damaged', 'damaged'));
  if (totals.shards > 1) counts.append(' (part ' + totals.shard + ' of ' + totals.shards + ')');
  if (totals.incomplete) {
    counts.append(' \u2014 ');
    add(counts, 'span', 'the run was stopped: the rest was not begun', 'bad');
  }
}

function offerChoices() {
  const words = { '': 'All', problems: 'Failed or damaged', failed: 'Failed', known: 'Failed before', skipped: 'Passed over',
    damaged: 'Damaged', done: 'Made', 'would-make': 'To be made', 'up-to-date': 'Up to date' };
  const numbers = { '': pictures.length, problems: 0 };
  for (const { line, failed } of pictures) {
    numbers[line.status] = (numbers[line.status] || 0) + 1;
    if (failed || line.status === 'damaged') numbers.problems++;
  }
  for (const value of Object.keys(words)) {
    if (value && !numbers[value]) continue;
    const option = add(which, 'option', words[value] + ' (' + numbers[value].toLocaleString('en') + ')');
    option.value = value;
  }
}

// ---- one picture, large ----

const large = document.getElementById('large');

function fillLarge() {
  const picture = shown[here];
  const { line } = picture;
  const part = (id) => document.getElementById(id);
  fillWell(part('stage'), picture, Infinity, false);
  part('name').replaceChildren();
  add(part('name'), 'bdi', visible(picture.name));
  part('cause').textContent = picture.failed ? '' : visible(causeOf(line));
  part('cause').className = 'warn';
  const facts = [line.status, line.format, factsOf(line)];
  if (picture.modified) facts.push(new Date(picture.modified * 1000).toLocaleString());
  if (picture.work) facts.push(picture.work.toFixed(1) + ' ms');
  part('facts').textContent = facts.filter((fact) => fact).join(' \u00b7 ');
  part('files').replaceChildren();
  for (const output of line.status === 'would-make' ? [] : line.outputs || []) {
    const size = output.width ? output.width + ' \u00d7 ' + output.height + ' ' : '';
    const link = add(part('files'), 'a', size + (output.format || '') + (output.bytes ? ', ' + bytesText(output.bytes) : ''));
    link.href = urlOf(output);
    link.title = visible(output.path);
  }
}

function enlarge(place) {
  if (!shown.length) return;
  go(place);
  fillLarge();
  if (!large.open) large.showModal();
}

// ---- keys and clicks ----

function stepOf(key) {
  const page = Math.max(1, Math.floor(innerHeight / rowHeight) - 1) * columns;
  return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page,
    Home: -Infinity, End: Infinity }[key];
}

function onSheetKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === 'Enter' || event.key === ' ') enlarge(here);
  else if (stepOf(event.key)) go(here + stepOf(event.key));
  else return;
  event.preventDefault();
}

sheet.addEventListener('keydown', onSheetKey);
sheet.addEventListener('click', (event) => {
  const card = event.target.closest('.card');
  if (card) enlarge(Number(card.getAttribute('aria-posinset')) - 1);
});
large.addEventListener('keydown', (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(here + step);
});
document.getElementById('back').addEventListener('click', () => go(here - 1));
document.getElementById('on').addEventListener('click', () => go(here + 1));
document.getElementById('close').addEventListener('click', () => large.close());
document.addEventListener('keydown', (event) => {
  const isTyping = event.target === filter || event.target === which;
  if (large.open || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === '/' && !isTyping) {
    event.preventDefault();
    filter.focus();
  } else if (event.target === filter && (event.key === 'Enter' || event.key === 'ArrowDown')) {
    event.preventDefault();
    sheet.focus({ preventScroll: true });
  } else if (event.target === document.body) {
    onSheetKey(event); // the arrows work at once, without a click
    if (event.defaultPrevented) sheet.focus({ preventScroll: true });
  }
});
document.getElementById('controls').addEventListener('submit', (event) => event.preventDefault());
orders.addEventListener('click', (event) => {
  const wanted = event.target.value;
  if (!wanted) return;
  direction = wanted === order ? -direction : ORDERS[wanted];
  order = wanted;
  choose();
});
filter.addEventListener('input', choose);
which.addEventListener('change', choose);
addEventListener('scroll', showSoon, { passive: true });
addEventListener('resize', lay);

document.title = countText(pictures.length, 'thumbnail', 'thumbnails');
sayCounts();
offerChoices();
choose();
