"use strict";

// The vector of somebody new: fitted to what they picked by the loss of training, with the items
// held fixed, by Newton's method. kernels/fold_in.py does so for many people at once.

const MOST_STEPS = 30, MOST_PRODUCTS = 50, MOST_HALVINGS = 12;
const STEP_TOLERANCE = 0.01, TOLERANCE = 1e-6;

function dot(left, right) {
  let sum = 0;
  for (let place = 0; place < left.length; place++) sum += left[place] * right[place];
  return sum;
}

// Adds a multiple of one vector to another.
const plus = (vector, factor, other) => vector.map((value, d) => value + factor * other[d]);

// Both of these take exp(-|x|), which never overflows: log(1 + e^x) and 1 / (1 + e^-x).
const softplus = (x, power) => Math.max(x, 0) + Math.log(1 + power);
const sigmoid = (x, power) => (x < 0 ? power : 1) / (1 + power);

// Each loss takes the scores of all items and the rows of the history. It returns its value, its
// slopes by the scores, and what multiplies changes of the scores with its second derivatives.
const FOLD_IN_LOSSES = {
  // -log softmax(s)[j] over the catalogue, summed over items j of the history.
  softmax(scores, history) {
    const number = scores.length, length = history.length;
    const shares = new Float64Array(number), slopes = new Float64Array(number);
    let highest = -Infinity, total = 0, value = 0;
    for (const score of scores) if (score > highest) highest = score;
    for (let item = 0; item < number; item++) total += shares[item] = Math.exp(scores[item] - highest);
    for (let item = 0; item < number; item++) {
      shares[item] /= total;
      slopes[item] = length * shares[item];
    }
    for (const row of history) {
      value += highest + Math.log(total) - scores[row];
      slopes[row] -= 1;
    }
    const bend = (changes) => {
      const mean = dot(shares, changes);
      for (let item = 0; item < number; item++) {
        changes[item] = length * shares[item] * (changes[item] - mean);
      }
      return changes;
    };
    return { value, slopes, bend };
  },

  // -log sigmoid(s_j), and the mean of -log(1 - sigmoid(s_i)) over all others, for each j.
  pointwise(scores, history) {
    const number = scores.length, picked = new Set(history);
    const slopes = new Float64Array(number), curvature = new Float64Array(number);
    const ofOther = history.length / Math.max(1, number - history.length);
    let value = 0;
    for (let item = 0; item < number; item++) {
      const score = scores[item], weight = picked.has(item) ? 1 : ofOther;
      const power = Math.exp(-Math.abs(score)), chance = sigmoid(score, power);
      value += weight * softplus(score, power);
      slopes[item] = weight * chance;
      curvature[item] = weight * chance * (1 - chance);
    }
    for (const row of history) {
      value -= scores[row];
      slopes[row] -= 1;
    }
    const bend = (changes) => {
      for (let item = 0; item < number; item++) changes[item] *= curvature[item];
      return changes;
    };
    return { value, slopes, bend };
  },

  // The mean of -log sigmoid(s_j - s_i) over items i of those compared that were not picked,
  // summed over items j of the history.
  bpr(scores, history, compared) {
    const picked = new Set(history), others = compared.filter((item) => !picked.has(item));
    const number = others.length, share = 1 / Math.max(1, number);
    const slopes = new Float64Array(scores.length);
    const curvature = new Float64Array(history.length * number);
    let value = 0, pair = 0;
    for (const row of history) {
      let ofRow = 0;
      for (let n = 0; n < number; n++) {
        const margin = scores[others[n]] - scores[row];
        const power = Math.exp(-Math.abs(margin)), chance = sigmoid(margin, power);
        value += share * softplus(margin, power);
        slopes[others[n]] += share * chance;
        ofRow += share * chance;
        curvature[pair++] = share * chance * (1 - chance);
      }
      slopes[row] -= ofRow;
    }
    const bend = (changes) => {
      const bent = new Float64Array(changes.length);
      let pair = 0;
      for (const row of history) {
        let ofRow = 0;
        for (let n = 0; n < number; n++) {
          const part = curvature[pair++] * (changes[others[n]] - changes[row]);
          bent[others[n]] += part;
          ofRow += part;
        }
        bent[row] -= ofRow;
      }
      return bent;
    };
    return { value, slopes, bend };
  },
};

class FoldIn {
  // The items are rows, one after another.
  constructor(items, bias, { loss, l2, mostCompared }) {
    this.number = bias.length;
    this.bias = bias;
    this.l2 = l2;
    this.loss = FOLD_IN_LOSSES[loss];
    // A point-wise loss has a bias of the user too, as one more entry of the vector.
    const width = items.length / this.number, hasUserBias = loss === "pointwise";
    this.width = width + hasUserBias;
    this.items = new Float64Array(this.number * this.width).fill(1);
    for (let item = 0; item < this.number; item++) {
      this.items.set(items.subarray(item * width, (item + 1) * width), item * this.width);
    }
    const gap = Math.ceil(this.number / mostCompared), rows = Array.from(bias.keys());
    this.compared = rows.filter((item) => item % gap === 0);
  }

  scores(history) {
    let vector = new Float64Array(this.width), scores = this.bias, first = null;
    let loss = this.loss(scores, history, this.compared);
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const gradient = plus(this.sumOfItems(loss.slopes), this.l2, vector);
      const size = dot(gradient, gradient);
      first ??= size;
      if (size <= TOLERANCE ** 2 * first) break;
      const step = this.newtonStep(loss, gradient);
      const now = loss.value + (this.l2 / 2) * dot(vector, vector);
      let factor = 1, moved;
      for (let halvings = 0; halvings <= MOST_HALVINGS; halvings++, factor /= 2) {
        moved = plus(vector, factor, step);
        scores = this.products(moved, this.bias);
        loss = this.loss(scores, history, this.compared);
        const then = loss.value + (this.l2 / 2) * dot(moved, moved);
        if (then <= now + 1e-12 * Math.abs(now)) break;
      }
      vector = moved;
    }
    return scores;
  }

  // Solves Hessian * step = -gradient by conjugate gradients.
  newtonStep(loss, gradient) {
    let step = new Float64Array(this.width), residual = gradient.map((each) => -each);
    let direction = residual, size = dot(residual, residual);
    const enough = STEP_TOLERANCE ** 2 * size;
    for (let done = 0; done < MOST_PRODUCTS && done < this.width && size > enough; done++) {
      const bent = this.sumOfItems(loss.bend(this.products(direction)));
      const product = plus(bent, this.l2, direction);
      const length = size / dot(direction, product), before = size;
      step = plus(step, length, direction);
      residual = plus(residual, -length, product);
      size = dot(residual, residual);
      direction = plus(residual, size / before, direction);
    }
    return step;
  }

  // The product of each item with a vector, and its bias where one is given.
  products(vector, bias) {
    const { items, width } = this, products = new Float64Array(this.number);
    for (let item = 0, at = 0; item < products.length; item++) {
      let sum = bias ? bias[item] : 0;
      for (let d = 0; d < width; d++) sum += vector[d] * items[at++];
      products[item] = sum;
    }
    return products;
  }

  sumOfItems(weights) {
    const { items, width } = this, sum = new Float64Array(width);
    for (let item = 0, at = 0; item < weights.length; item++) {
      for (let d = 0; d < width; d++) sum[d] += weights[item] * items[at++];
    }
    return sum;
  }
}
