import type { Stats } from 'node:fs'
import { closeSync, fstatSync, open, read, readlinkSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'

/**
 * A file that was opened for reading, with a descriptor of its own. A `FileHandle` would pay one turn of the thread
 * pool, about 35 µs of CPU, for each question; what an open descriptor answers from memory (fstat, close) is asked
 * synchronously here, and only what may wait for a disk (open, read) goes through the pool.
 */
export class OpenFile {
  readonly #fd: number
  #reads = 0
  #closed = false

  constructor(fd: number) {
    this.#fd = fd
  }

  stat(): Stats {
    return fstatSync(this.#fd)
  }

  /**
   * Where the open file really is, with no link on the way. `path` is what was opened. Null when that can no longer be
   * told.
   */
  realPath(path: string): string | null | Promise<string | null> {
    if (process.platform === 'linux') {
      try {
        // Security: the kernel's own word on this descriptor; no swap of links between two calls can deceive it.
        return readlinkSync(`/proc/self/fd/${this.#fd}`)
      } catch {
        // No /proc here.
      }
    }
    return this.#comparePath(path)
  }

  /** Reads up to `bytes.byteLength` bytes from `position` in the file; resolves to how many it were, 0 at the end. */
  read(bytes: Uint8Array, offset: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#reads++
      read(this.#fd, bytes, offset, bytes.byteLength - offset, position, (error, count) => {
        this.#reads--
        this.#release()
        if (error === null) resolve(count)
        else reject(error)
      })
    })
  }

  /** Closes the descriptor, after the read that is under way. Calling it twice does nothing more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#release()
  }

  /** Security: the number of a closed descriptor is given to the next file, which a late read would then read. */
  #release(): void {
    if (this.#closed && this.#reads === 0) closeSync(this.#fd)
  }

  /** Security: the path is resolved after the file was opened, and must still lead to the file that is open. */
  async #comparePath(path: string): Promise<string | null> {
    const real = await realpath(path)
    const there = await stat(real, { bigint: true })
    const here = fstatSync(this.#fd, { bigint: true })
    return there.ino === here.ino && there.dev === here.dev ? real : null
  }
}

/** Opens a file for reading. Rejects with the error of the system. */
export function openFile(path: string, flags: number): Promise<OpenFile> {
  return new Promise((resolve, reject) => {
    open(path, flags, (error, fd) => {
      if (error === null) resolve(new OpenFile(fd))
      else reject(error)
    })
  })
}
