/** Keeps this thread, and with it everything that shares its loop, from any work for so long, as a busy machine does. */
export function holdThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
