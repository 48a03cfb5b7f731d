// The computations of both benchmarks from their figures.

export function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A number with two places. */
export function rounded(value) {
  return Number(value.toFixed(2));
}
