import { fileURLToPath } from 'node:url'
import type {
  DotfilePolicy,
  ObjectBody,
  ObjectCapability,
  ObjectGetOptions,
  ObjectInfo,
  ObjectListOptions,
  ObjectOptions,
  ObjectPage,
  ObjectPutOptions,
  ObjectStore,
  StoredObject,
} from '../../../src/stores/object/index.ts'
import { discardBody, keyError, resolveRange, unsupportedError } from '../../../src/stores/object/index.ts'
import { listFiles } from './list.ts'
import type { OpenFile } from './open-file.ts'
import { storedFile } from './stored-file.ts'
import { FileTree } from './tree.ts'
import { removeFile, writeFile } from './write.ts'

/** Options of `directory`. */
export interface DirectoryOptions {
  /**
   * Names that begin with a dot: `refuse` acts as if there were none, `well-known` makes an exception of the folder
   * `.well-known` at the top (RFC 8615). Default: refuse.
   */
  readonly dotfiles?: DotfilePolicy
  /**
   * Symbolic links: `inside` follows those that end within the root, `refuse` follows none. None is ever followed out
   * of the root. Default: inside.
   */
  readonly symlinks?: 'inside' | 'refuse'
  /** May `put` and `delete` be called? Default: false. */
  readonly writable?: boolean
  /** The time, in milliseconds since the Unix epoch. Default: the system's. */
  readonly now?: () => number
}

/**
 * Makes an object store of a directory on disk. A key is the path of a file below `root`, with `/` on every system;
 * folders are no objects. The root may be a link; it is resolved once, on first use, and has to exist by then.
 *
 * - Nothing outside of the root is reached, by no key and through no link, also while somebody moves links about.
 * - Refused as `STORE_KEY_INVALID` are keys that some file system understands otherwise: see `isFileKey`.
 * - What is no regular file, and what the process may not read, is as if it were not there.
 * - Entity tags are of size and times: weak for 2 seconds after a change, then strong. The time of a change is part of
 *   them, so copies of a file on several machines have different ones.
 * - `put` is durable: file and folder are synced. A file and a folder cannot have the same name, so of `a` and `a/b`
 *   the second to be written is `STORE_KEY_INVALID`. No media type is kept.
 * - A file that is overwritten in place, instead of by `put` or a rename, fails those who are reading it.
 */
export function directory(root: string | URL, options: DirectoryOptions = {}): ObjectStore {
  const { dotfiles = 'refuse', symlinks = 'inside', writable = false, now = Date.now } = options
  const tree = new FileTree(typeof root === 'string' ? root : fileURLToPath(root), {
    dotfiles,
    symlinks,
    now,
  })
  const lost = new FinalizationRegistry<OpenFile>((file) => file.close())
  const capabilities = new Set<ObjectCapability>(writable ? ['write', 'list'] : ['list'])

  function assertWritable(key: string, signal: AbortSignal | undefined): void {
    tree.assertOpen(signal)
    if (!writable) throw unsupportedError('directory', 'write', 'open it with { writable: true }')
    tree.assertKey(key)
    if (tree.isHidden(key)) throw keyError('directory', key)
  }

  return {
    name: 'directory',
    capabilities,
    async head(key: string, { signal }: ObjectOptions = {}): Promise<ObjectInfo | null> {
      tree.assertOpen(signal)
      const found = await tree.open(key)
      found?.file.close()
      return found?.info ?? null
    },
    async get(key: string, { signal, range }: ObjectGetOptions = {}): Promise<StoredObject | null> {
      tree.assertOpen(signal)
      const found = await tree.open(key)
      if (found === null) return null
      try {
        signal?.throwIfAborted()
        return storedFile({ ...found, ...resolveRange(range, found.info.sizeBytes), signal, lost })
      } catch (error) {
        found.file.close()
        throw error
      }
    },
    async put(key: string, body: ObjectBody, putOptions: ObjectPutOptions = {}): Promise<ObjectInfo> {
      try {
        assertWritable(key, putOptions.signal)
        if (putOptions.mediaType !== undefined) {
          throw unsupportedError(
            'directory',
            'media-type',
            'leave mediaType out, or use a store that keeps it',
          )
        }
        return tree.infoOf(key, await writeFile(tree, key, body, putOptions))
      } catch (error) {
        await discardBody(body)
        throw error
      }
    },
    async delete(key: string, { signal }: ObjectOptions = {}): Promise<boolean> {
      assertWritable(key, signal)
      return removeFile(tree, key)
    },
    async list(listOptions: ObjectListOptions = {}): Promise<ObjectPage> {
      tree.assertOpen(listOptions.signal)
      return listFiles(tree, listOptions)
    },
    async close(): Promise<void> {
      tree.close()
    },
  }
}
