/** Tells when something that should go on has stood still for too long. */
export class ProgressWatch {
  #seen = 0
  #since: number

  /** `now`: milliseconds, never going back. */
  constructor(now: number) {
    this.#since = now
  }

  /** Milliseconds since the last progress that was seen, or since the begin. */
  age(now: number): number {
    return now - this.#since
  }

  /** `progress` is any number that changes with it. What is not awaited cannot stand still. */
  look(now: number, progress: number, isAwaited: boolean): void {
    if (isAwaited && progress === this.#seen) return
    this.#seen = progress
    this.#since = now
  }
}
