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

// log(1 + e^x) and 1 / (1 + e^-x), neither of which overflows.
function softplusAndSigmoid(x) {
  const power = Math.exp(-Math.abs(x));
  const chance = 1 / (1 + power);
  return [Math.max(x, 0) + Math.log1p(power), x < 0 ? power * chance : chance];
}

// Each loss takes the scores of all items and the rows of the history. It returns its value, its
// slopes by the scores, and what multiplies changes of the scores with its second derivatives.
const FOLD_IN_LOSSES = {
  // -log softmax(s)[j] over the catalogue, summed over items j of the history.
  softmax(scores, history) {
    const length = history.length;
    const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
    const powers = scores.map((score) => Math.exp(score - highest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    const shares = powers.map((power) => power / total);
    const slopes = shares.map((share) => length * share);
    let value = length * (highest + Math.log(total));
    for (const row of history) {
      value -= scores[row];
      slopes[row] -= 1;
    }
    const bend = (changes) => {
      const mean = dot(shares, changes);
      return changes.map((change, item) => length * shares[item] * (change - mean));
    };
    return { value, slopes, bend };
  },

  // -log sigmoid(s_j), and the mean of -log(1 - sigmoid(s_i)) over all others, for each j.
  pointwise(scores, history) {
    const ofOthers = history.length / Math.max(1, scores.length - history.length);
    const weights = new Float64Array(scores.length).fill(ofOthers);
    for (const row of history) weights[row] = 1;
    const slopes = new Float64Array(scores.length), curvature = new Float64Array(scores.length);
    let value = 0;
    scores.forEach((score, item) => {
      const [softplus, chance] = softplusAndSigmoid(score);
      value += weights[item] * softplus;
      slopes[item] = weights[item] * chance;
      curvature[item] = weights[item] * chance * (1 - chance);
    });
    for (const row of history) {
      value -= scores[row];
      slopes[row] -= 1;
    }
    return { value, slopes, bend: (changes) => changes.map((each, item) => each * curvature[item]) };
  },

  // The mean of -log sigmoid(s_j - s_i) over items i of those compared that were not picked,
  // summed over items j of the history.
  bpr(scores, history, compared) {
    const picked = new Set(history), others = compared.filter((item) => !picked.has(item));
    const share = 1 / Math.max(1, others.length);
    const slopes = new Float64Array(scores.length);
    const curvature = new Float64Array(history.length * others.length);
    let value = 0, pair = 0;
    for (const row of history) {
      for (const other of others) {
        const [softplus, chance] = softplusAndSigmoid(scores[other] - scores[row]);
        value += share * softplus;
        slopes[other] += share * chance;
        slopes[row] -= share * chance;
        curvature[pair++] = share * chance * (1 - chance);
      }
    }
    const bend = (changes) => {
      const bent = new Float64Array(changes.length);
      let pair = 0;
      for (const row of history) {
        for (const other of others) {
          const part = curvature[pair++] * (changes[other] - changes[row]);
          bent[other] += part;
          bent[row] -= part;
        }
      }
      return bent;
    };
    return { value, slopes, bend };
  },
};

class FoldIn {
  // The items are rows, one after another; there may be no bias.
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
