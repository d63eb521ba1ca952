import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import type { DotfilePolicy, ObjectInfo } from '../../../src/stores/object/index.ts'
import { closedError, isFileKey, isHiddenKey, keyError } from '../../../src/stores/object/index.ts'
import { diskError, isAbsent } from './failure.ts'
import type { OpenFile } from './open-file.ts'
import { openFile } from './open-file.ts'

/** Clocks of file systems tick every 1 to 10 ms, that of FAT every 2 s. */
const settledMs = 2_000

/** Names of files that `put` is still writing. */
const temporaryName = /(?:^|\/)\.rockstar-[0-9a-f-]{36}\.tmp(?:\/|$)/

/** The rules of one directory, complete. */
export interface TreeOptions {
  readonly dotfiles: DotfilePolicy
  readonly symlinks: 'inside' | 'refuse'
  readonly now: () => number
}

/** A file that may be read, open. */
export interface FoundFile {
  readonly file: OpenFile
  readonly stats: Stats
  readonly info: ObjectInfo
}

/** A directory on disk and its rules: which key is which file, and which file may be reached. */
export class FileTree {
  readonly #root: string
  readonly #options: TreeOptions
  #realRoot: Promise<string> | null = null
  #closed = false

  constructor(root: string, options: TreeOptions) {
    this.#root = resolve(root)
    this.#options = options
  }

  close(): void {
    this.#closed = true
  }

  /** Throws `STORE_CLOSED`, or the signal's reason. */
  assertOpen(signal: AbortSignal | undefined): void {
    if (this.#closed) throw closedError('directory')
    signal?.throwIfAborted()
  }

  /** Throws `STORE_KEY_INVALID` for a key that no file of any system could have. */
  assertKey(key: string): void {
    if (!isFileKey(key)) throw keyError('directory', key)
  }

  /** The root with no link on the way. Found on first use, and kept: a root that is a link is followed once. */
  realRoot(): Promise<string> {
    this.#realRoot ??= realpath(this.#root).catch((error: unknown) => {
      this.#realRoot = null
      throw diskError(error)
    })
    return this.#realRoot
  }

  /** Is something of this key hidden by a dot, or is it still being written? */
  isHidden(key: string): boolean {
    return isHiddenKey(key, this.#options.dotfiles) || temporaryName.test(key)
  }

  /** The key of a real path below the real root, `''` for the root itself, or null for a path outside. */
  keyOf(realPath: string, realRoot: string): string | null {
    if (realPath === realRoot) return ''
    const prefix = realRoot.endsWith(sep) ? realRoot : realRoot + sep
    return realPath.startsWith(prefix) ? realPath.slice(prefix.length).replaceAll(sep, '/') : null
  }

  /** Opens a file, or resolves to null when there is none that may be read. */
  async open(key: string): Promise<FoundFile | null> {
    this.assertKey(key)
    if (this.isHidden(key)) return null
    const realRoot = await this.realRoot()
    const path = pathOf(key, realRoot)
    const flags = this.#options.symlinks === 'refuse' ? readFlags | noFollow : readFlags
    const file = await openFile(path, flags).catch(nullIfAbsent)
    if (file === null) return null
    try {
      const stats = file.stat()
      if (stats.isFile() && this.#isReachable(await file.realPath(path), path, realRoot)) {
        return { file, stats, info: this.infoOf(key, stats) }
      }
    } catch (error) {
      file.close()
      return nullIfAbsent(error)
    }
    file.close()
    return null
  }

  /** What is known of a file by its stats. */
  infoOf(key: string, stats: Stats): ObjectInfo {
    const { size, mtimeMs, ctimeMs } = stats
    return {
      key,
      sizeBytes: size,
      modifiedMs: mtimeMs,
      etag: this.#etagOf(size, mtimeMs, ctimeMs),
      mediaType: null,
    }
  }

  /** Security: judges the file that is open, not the path that led to it. */
  #isReachable(realPath: string | null, path: string, realRoot: string): boolean {
    if (realPath === null) return false
    if (realPath === path) return true
    if (this.#options.symlinks === 'refuse') return false
    const key = this.keyOf(realPath, realRoot)
    return key !== null && key !== '' && !this.isHidden(key)
  }

  /**
   * Size, time of writing and time of change, the last because programs set the second one back (archives, copies,
   * reproducible builds), but never the last. Two writes within one tick of the file system's clock look alike, so the
   * tag is weak until the last change is 2 seconds old (the rule of RFC 9110 §8.8.2.2 for dates), and strong from then
   * on. A download that broke off can be taken up again with it, which a weak tag would not allow.
   */
  #etagOf(size: number, mtimeMs: number, ctimeMs: number): string {
    const opaque = [size, Math.round(mtimeMs * 1000), Math.round(ctimeMs * 1000)].map((part) =>
      part.toString(36),
    )
    const settled = this.#options.now() - Math.max(mtimeMs, ctimeMs) >= settledMs
    return `${settled ? '' : 'W/'}"${opaque.join('-')}"`
  }
}

/** The path of a key below the real root. */
export function pathOf(key: string, realRoot: string): string {
  const prefix = realRoot.endsWith(sep) ? realRoot : realRoot + sep
  return prefix + (sep === '/' ? key : key.replaceAll('/', sep))
}

// A FIFO must not hold the open until somebody writes, nor a terminal become ours. Windows has neither, nor these flags.
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
const noFollow = constants.O_NOFOLLOW ?? 0

function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null
  throw diskError(error)
}
