/** So many done entries may lie before the next one, until they are taken off in one go. */
const compactFrom = 1024

/** Things to do one after the other, each of which may take its time. */
export class TaskQueue<Task extends object> {
  readonly #run: (task: Task) => void | Promise<void>
  readonly #sizeOf: (task: Task) => number
  #tasks: Task[] = []
  /** Where the next one stands. */
  #at = 0
  #size = 0
  #isBusy = false

  /** `run` never throws and never rejects. */
  constructor(run: (task: Task) => void | Promise<void>, sizeOf: (task: Task) => number) {
    this.#run = run
    this.#sizeOf = sizeOf
  }

  /** Does something run? */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** How many wait; the one that runs is none of them. */
  get length(): number {
    return this.#tasks.length - this.#at
  }

  /** The sizes of those that wait. */
  get size(): number {
    return this.#size
  }

  /** Runs it now if nothing else runs, and synchronously if it is; else behind the others. */
  push(task: Task): void {
    if (this.#isBusy) {
      this.#tasks.push(task)
      this.#size += this.#sizeOf(task)
      return
    }
    this.#isBusy = true
    const running = this.#run(task)
    if (running === undefined && this.#tasks.length === 0) this.#isBusy = false
    else void this.#goOn(running)
  }

  /** Forgets those that wait and that `isUnwanted` tells. */
  drop(isUnwanted: (task: Task) => boolean): void {
    this.#tasks = this.#tasks.slice(this.#at).filter((task) => !isUnwanted(task))
    this.#at = 0
    this.#size = this.#tasks.reduce((sum, task) => sum + this.#sizeOf(task), 0)
  }

  async #goOn(running: void | Promise<void>): Promise<void> {
    await running
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      const next = this.#run(task)
      if (next !== undefined) await next
    }
    this.#isBusy = false
  }

  #next(): Task | undefined {
    const task = this.#tasks[this.#at]
    if (task === undefined) {
      this.#tasks = []
      this.#at = 0
      return undefined
    }
    this.#at++
    this.#size -= this.#sizeOf(task)
    // Taking each off the front would move all the others.
    if (this.#at >= compactFrom) {
      this.#tasks = this.#tasks.slice(this.#at)
      this.#at = 0
    }
    return task
  }
}
