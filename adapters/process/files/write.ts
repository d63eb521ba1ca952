import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, mkdir, open, realpath, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isRockstarError } from '../../../src/errors/index.ts'
import type { ObjectBody, ObjectPutOptions } from '../../../src/stores/object/index.ts'
import { keyError, objectChunks } from '../../../src/stores/object/index.ts'
import { codeOf, diskError, isAbsent } from './failure.ts'
import type { FileTree } from './tree.ts'

/** What the system says when a file is where a folder should be, or the reverse. */
const inTheWay: ReadonlySet<string> = new Set(['EEXIST', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY'])

/**
 * Writes a file beside its place, brings it to the disk, and renames it: a reader, or a machine that loses its power,
 * has the old one or the new one. Makes the folders on the way.
 */
export async function writeFile(
  tree: FileTree,
  key: string,
  body: ObjectBody,
  options: ObjectPutOptions,
): Promise<Stats> {
  const folder = await onDisk(key, makeFolder(tree, key))
  const temporary = join(folder, `.rockstar-${randomUUID()}.tmp`)
  const handle = await onDisk(key, open(temporary, writeFlags, 0o644))
  try {
    // What the body throws is passed on as it is: it is not the disk that failed.
    for await (const chunk of objectChunks(body, options)) await onDisk(key, writeAll(handle, chunk))
    await onDisk(key, handle.sync())
    options.signal?.throwIfAborted()
    return await onDisk(key, moveTo(join(folder, basename(key)), temporary, handle))
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  } finally {
    await handle.close()
  }
}

/** Deletes a file, or the link in its place. Resolves to false when there is none. */
export async function removeFile(tree: FileTree, key: string): Promise<boolean> {
  try {
    const realRoot = await tree.realRoot()
    const folder = await realpath(join(realRoot, ...key.split('/').slice(0, -1)))
    const inside = tree.keyOf(folder, realRoot)
    if (inside === null || tree.isHidden(inside)) return false
    const path = join(folder, basename(key))
    const stats = await lstat(path)
    if (!stats.isFile() && !stats.isSymbolicLink()) return false
    await unlink(path)
    return true
  } catch (error) {
    // Here a missing permission is no missing file: who may write wants to know.
    if (isAbsent(error) && codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') return false
    throw isRockstarError(error) ? error : diskError(error)
  }
}

// Security: never through a link that somebody put there.
const writeFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** Security: one folder after the other, so that none is made behind a link that leads out of the root. */
async function makeFolder(tree: FileTree, key: string): Promise<string> {
  const realRoot = await tree.realRoot()
  let folder = realRoot
  for (const segment of key.split('/').slice(0, -1)) {
    const next = join(folder, segment)
    await mkdir(next).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
    folder = await realpath(next)
    const inside = tree.keyOf(folder, realRoot)
    if (inside === null || tree.isHidden(inside)) throw keyError('directory', key)
  }
  return folder
}

async function moveTo(path: string, temporary: string, handle: FileHandle): Promise<Stats> {
  await rename(temporary, path)
  await syncFolder(dirname(path))
  return handle.stat()
}

/** Gives what the disk refuses a code of ours. */
async function onDisk<Value>(key: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    if (isRockstarError(error)) throw error
    throw inTheWay.has(codeOf(error)) ? keyError('directory', key) : diskError(error)
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength;) {
    const { bytesWritten } = await handle.write(chunk, offset)
    offset += bytesWritten
  }
}

/** Brings the new name to the disk. Windows cannot open a folder, and needs it not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
