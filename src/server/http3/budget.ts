/** So many things in a burst, and so many more with time: a bucket that fills up again. */
export class Budget {
  readonly #burst: number
  readonly #perMs: number
  readonly #now: () => number
  #left: number
  #at: number

  /** `now`: milliseconds, never going back. */
  constructor(burst: number, perSecond: number, now: () => number) {
    this.#burst = burst
    this.#perMs = perSecond / 1000
    this.#now = now
    this.#left = burst
    this.#at = now()
  }

  /** Takes so many; false if there are not enough. */
  take(count: number): boolean {
    this.#left -= count
    if (this.#left >= 0) return true
    const now = this.#now()
    const regained = (now - this.#at) * this.#perMs
    this.#at = now
    this.#left = Math.min(this.#burst, this.#left + regained)
    return this.#left >= 0
  }

  /** Gives so many back, never more than the burst. */
  give(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count)
  }
}
