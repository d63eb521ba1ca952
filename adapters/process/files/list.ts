import { lstat, opendir, realpath } from 'node:fs/promises'
import { isRockstarError, RockstarError } from '../../../src/errors/index.ts'
import type { ObjectInfo, ObjectListOptions, ObjectPage } from '../../../src/stores/object/index.ts'
import { compareKeys, isFileKey } from '../../../src/stores/object/index.ts'
import { diskError, isAbsent } from './failure.ts'
import type { FileTree } from './tree.ts'
import { pathOf } from './tree.ts'

/** Most names in one folder: they are sorted in memory. */
const maxNames = 100_000

/** Lists files in the order of their keys. Links are not listed, nor what is behind them. */
export async function listFiles(tree: FileTree, options: ObjectListOptions): Promise<ObjectPage> {
  const { prefix = '', cursor = '', limit = 1000, signal } = options
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new RangeError(`Expected a limit from 1 to 1,000, got ${limit}`)
  }
  const objects: ObjectInfo[] = []
  for await (const info of walk(tree, '', { prefix, cursor })) {
    signal?.throwIfAborted()
    if (objects.length === limit) return { objects, cursor: objects.at(-1)?.key ?? null }
    objects.push(info)
  }
  return { objects, cursor: null }
}

/** Which keys are wanted: those that begin with `prefix` and come behind `cursor`. */
interface Window {
  readonly prefix: string
  readonly cursor: string
}

/** The files below a folder, whose key ends in `/` or is `''`. */
async function* walk(tree: FileTree, folder: string, window: Window): AsyncGenerator<ObjectInfo, void> {
  const { prefix, cursor } = window
  for (const key of await namesOf(tree, folder)) {
    if (key.endsWith('/')) {
      const wanted = key.startsWith(prefix) || prefix.startsWith(key)
      const behind = cursor.startsWith(key) || compareKeys(key, cursor) > 0
      if (wanted && behind) yield* walk(tree, key, window)
    } else if (key.startsWith(prefix) && compareKeys(key, cursor) > 0) {
      const info = await describe(tree, key)
      if (info !== null) yield info
    }
  }
}

/** The keys of a folder, those of folders with a `/` at their end: that is how their files sort among the others. */
async function namesOf(tree: FileTree, folder: string): Promise<string[]> {
  const realRoot = await tree.realRoot()
  const path = folder === '' ? realRoot : pathOf(folder.slice(0, -1), realRoot)
  const keys: string[] = []
  try {
    // Security: a folder may have become a link since its name was read.
    if ((await realpath(path)) !== path) return keys
    for await (const entry of await opendir(path)) {
      const key = folder + entry.name
      if (!isFileKey(key) || tree.isHidden(key)) continue
      if (entry.isDirectory()) keys.push(`${key}/`)
      else if (entry.isFile()) keys.push(key)
      if (keys.length > maxNames) throw crowdedError()
    }
  } catch (error) {
    if (isAbsent(error)) return []
    throw isRockstarError(error) ? error : diskError(error)
  }
  return keys.toSorted(compareKeys)
}

async function describe(tree: FileTree, key: string): Promise<ObjectInfo | null> {
  try {
    const stats = await lstat(pathOf(key, await tree.realRoot()))
    return stats.isFile() ? tree.infoOf(key, stats) : null
  } catch (error) {
    if (isAbsent(error)) return null
    throw diskError(error)
  }
}

function crowdedError(): RockstarError {
  return new RockstarError(
    'STORE_FAILED',
    `Expected at most ${maxNames} names in one folder, got more; spread the files over several folders`,
  )
}
