//! When the extension's code began to be read. The first import, so that the reading of all the others counts.

const began = performance.now();

/** Milliseconds that the extension has taken so far. */
export function elapsed(): number {
  return performance.now() - began;
}
