/** When to let others have the thread. */

/** Others are kept waiting for less than 10 ms: this, and the time until the clock is next looked at. */
const sliceMilliseconds = 6;
/** The clock is looked at about this often; looking costs as much as a small part of a record. */
const lookMilliseconds = 0.5;
const mostBetweenLooks = 256;

/** Counts the time that work has had the thread, by looking at the clock now and then. */
export class Slices {
  #sliceStart = performance.now();
  #lookedAt = this.#sliceStart;
  #betweenLooks = 1;
  #untilLook = 1;

  /** To be called after each piece of work: whether it is time to pause, as far as that was looked at. */
  isOver(): boolean {
    return --this.#untilLook <= 0 && this.#look();
  }

  /** Whether it is time to pause. */
  get timeIsUp(): boolean {
    return performance.now() - this.#sliceStart >= sliceMilliseconds;
  }

  /** Others have had the thread. */
  begin(): void {
    this.#sliceStart = performance.now();
    this.#lookedAt = this.#sliceStart;
  }

  #look(): boolean {
    const time = performance.now();
    const passed = time - this.#lookedAt;
    this.#lookedAt = time;
    if (passed > lookMilliseconds) this.#betweenLooks = Math.max(this.#betweenLooks >> 1, 1);
    else if (passed < lookMilliseconds / 2)
      this.#betweenLooks = Math.min(this.#betweenLooks * 2, mostBetweenLooks);
    this.#untilLook = this.#betweenLooks;
    return time - this.#sliceStart >= sliceMilliseconds;
  }
}
