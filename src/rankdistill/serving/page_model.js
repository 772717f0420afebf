"use strict";

// The model of the page: unpacks the stored tables once, then ranks for any history.
// docs/serving.md describes the form of the tables; scores are rounded to single precision.

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

// Undoes Python's base64 and zlib.
async function inflated(text) {
  const bytes = new Blob([bytesOf(text)]).stream();
  const stream = bytes.pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// Undoes Python's joining: the first character separates the texts.
const textsOf = (joined) => joined.slice(1).split(joined[0]);

function halfToNumber(half) {
  const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction;
}

function unpackTable({ shape, bits, largestStep, codes, exponents, values }) {
  if (bits === 32) return new Float32Array(bytesOf(values).buffer);
  if (bits === 16) return Float32Array.from(new Uint16Array(bytesOf(values).buffer), halfToNumber);
  const size = shape.reduce((product, length) => product * length);
  const width = shape[shape.length - 1];
  const packed = bytesOf(codes);
  const steps = Float32Array.from(bytesOf(exponents), (each) => largestStep * 2 ** (-each / 16));
  const table = new Float32Array(size);
  let held = 0, heldBits = 0, next = 0;
  for (let place = 0; place < size; place++) {
    if (heldBits < bits) {
      held = (held << 8) | packed[next++];
      heldBits += 8;
    }
    heldBits -= bits;
    table[place] = ((held >> heldBits) - 2 ** (bits - 1)) * steps[Math.floor(place / width)];
    held &= (1 << heldBits) - 1;
  }
  return table;
}

// Finds the places of the largest scores; of equal ones the first. -Infinity is never found.
function bestPlaces(scores, isHidden, limit) {
  const best = [];
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place];
    if (best.length === limit && score <= scores[best[limit - 1]]) continue;
    if (score === -Infinity || isHidden(place)) continue;
    let rank = best.length < limit ? best.length : limit - 1;
    for (; rank > 0 && scores[best[rank - 1]] < score; rank--) best[rank] = best[rank - 1];
    best[rank] = place;
  }
  return best;
}

class PageModel {
  constructor(stored) {
    this.ids = textsOf(stored.ids);
    this.titles = stored.titles ? textsOf(stored.titles) : this.ids;
    this.counts = stored.counts;
    this.power = stored.power;
    this.tables = {};
    for (const name in stored.tables) this.tables[name] = unpackTable(stored.tables[name]);
    const { items, item_weights: weights, item_bias: bias } = this.tables;
    this.width = (items || weights).length / this.ids.length;
    if (stored.foldIn) {
      this.foldIn = new FoldIn(items, bias || new Float32Array(this.ids.length), stored.foldIn);
    }
  }

  // What an item of the history adds to the score of another, before the history's length counts.
  product(row, item) {
    const { history_items: rows, items, item_weights: weights } = this.tables;
    if (weights) return weights[row * this.width + item];
    let sum = 0;
    for (let d = 0; d < this.width; d++) {
      sum += rows[row * this.width + d] * items[item * this.width + d];
    }
    return sum;
  }

  share(history) {
    return this.tables.item_weights ? 1 : history.length ** -this.power;
  }

  scores(history) {
    if (this.foldIn) return Float32Array.from(this.foldIn.scores(history));
    const { history_items: rows, items, item_weights: weights, item_bias: bias } = this.tables;
    const width = this.width, share = this.share(history), vector = new Float64Array(width);
    for (const row of history) {
      for (let d = 0; d < width; d++) vector[d] += (weights || rows)[row * width + d] * share;
    }
    if (weights) return Float32Array.from(vector);
    const scores = new Float32Array(this.ids.length);
    for (let item = 0, at = 0; item < scores.length; item++) {
      let sum = bias ? bias[item] : 0;
      for (let d = 0; d < width; d++) sum += vector[d] * items[at++];
      scores[item] = sum;
    }
    return scores;
  }

  // Items that are not in the history, best first; without a history the most popular.
  recommend(history, limit) {
    const scores = history.length ? this.scores(history) : this.counts || [];
    const had = new Set(history);
    return bestPlaces(scores, (item) => had.has(item), limit);
  }

  // Items of the history that add most to the score of an item, most important first. A vector
  // that is fitted to all of the history at once tells of none.
  reasons(history, item, limit) {
    if (this.foldIn) return [];
    const rows = Array.from(history).sort((a, b) => a - b), share = this.share(history);
    const parts = Float32Array.from(rows, (row) => this.product(row, item) * share);
    return bestPlaces(parts, (place) => parts[place] <= 0, limit).map((place) => rows[place]);
  }
}
