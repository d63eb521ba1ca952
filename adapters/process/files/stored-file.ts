import type { Stats } from 'node:fs'
import { RockstarError } from '../../../src/errors/index.ts'
import type { ObjectInfo, StoredObject } from '../../../src/stores/object/index.ts'
import { diskError } from './failure.ts'
import type { OpenFile } from './open-file.ts'

/** Bytes of one read of a stream: a turn of the thread pool costs as much as copying about this many. */
const chunkBytes = 128 * 1024

/** What of an open file is to be read. */
export interface FilePart {
  readonly file: OpenFile
  readonly stats: Stats
  readonly info: ObjectInfo
  /** The first byte. */
  readonly start: number
  /** The number of bytes. */
  readonly length: number
  readonly signal: AbortSignal | undefined
  /**
   * Closes the file when what would read it was dropped: a response that no adapter ever sent, because a middleware
   * threw after it was made. The collector is late, but without it the descriptor would be lost for good.
   */
  readonly lost: FinalizationRegistry<OpenFile>
}

/** Makes the object of an open file. Whichever way it ends, it closes the file. */
export function storedFile(part: FilePart): StoredObject {
  const { file, lost } = part
  const object: StoredObject = {
    info: part.info,
    contentBytes: part.length,
    bytes(): Promise<Uint8Array<ArrayBuffer>> {
      lost.unregister(file)
      return readBytes(part)
    },
    stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
      lost.unregister(file)
      const stream = readStream(part)
      lost.register(stream, file, file)
      return stream
    },
    async cancel(): Promise<void> {
      lost.unregister(file)
      file.close()
    },
  }
  lost.register(object, file, file)
  return object
}

async function readBytes({ file, start, length, signal }: FilePart): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const bytes = new Uint8Array(length)
    let offset = 0
    while (offset < length) {
      signal?.throwIfAborted()
      const count = await file.read(bytes, offset, start + offset).catch(throwDiskError)
      if (count === 0) throw changedError()
      offset += count
    }
    return bytes
  } finally {
    file.close()
  }
}

function readStream(part: FilePart): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { file, start, length, signal } = part
  const end = start + length
  let position = start
  let ended = false
  let onAbort: (() => void) | null = null

  function finish(): void {
    ended = true
    part.lost.unregister(file)
    file.close()
    if (onAbort !== null) signal?.removeEventListener('abort', onAbort)
  }

  async function next(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.min(chunkBytes, end - position))
    const count = await file.read(bytes, 0, position).catch(throwDiskError)
    if (count === 0) throw changedError()
    position += count
    return count === bytes.byteLength ? bytes : bytes.subarray(0, count)
  }

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller): void {
        onAbort = () => {
          if (!ended) controller.error(signal?.reason)
          finish()
        }
        if (signal?.aborted === true) return onAbort()
        signal?.addEventListener('abort', onAbort, { once: true })
        if (length > 0) return
        finish()
        controller.close()
      },
      async pull(controller): Promise<void> {
        try {
          const bytes = await next()
          // The reader may have left while the disk was asked.
          if (ended) return
          const last = position === end
          if (last && !isSameState(file.stat(), part.stats)) throw changedError()
          controller.enqueue(bytes)
          if (!last) return
          finish()
          controller.close()
        } catch (error) {
          if (ended) return
          finish()
          throw error
        }
      },
      cancel: finish,
    },
    { highWaterMark: 0 },
  )
}

/** A file that is replaced or deleted keeps both; one that is written to does not. */
function isSameState(left: Stats, right: Stats): boolean {
  return left.mtimeMs === right.mtimeMs && left.size === right.size
}

function changedError(): RockstarError {
  return new RockstarError(
    'STORE_CHANGED',
    'Expected a file that stays as it is while it is read, it was written to; write a new one and rename it',
  )
}

function throwDiskError(error: unknown): never {
  throw diskError(error)
}
