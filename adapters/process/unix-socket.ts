import { chmod, lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { RockstarError } from '../../src/errors/index.ts'

/**
 * Makes way for a Unix socket: removes the file that a process left behind which was killed. A socket that somebody
 * listens on, and a file that is no socket, are `LISTEN_FAILED`.
 */
export async function prepareSocketPath(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return
  if (!stats.isSocket())
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected no file but a socket at ${path}; remove it or choose another path`,
    )
  if (await isListening(path)) {
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected to listen on ${path}: another process listens there; stop it or choose another path`,
    )
  }
  await unlink(path)
}

/** Gives the file of a socket that listens these permissions. `LISTEN_FAILED` when that is refused. */
export async function setSocketMode(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, mode)
  } catch (error) {
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected to give ${path} the permissions ${mode.toString(8)}: ${String(error).slice(0, 200)}`,
      { cause: error },
    )
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.setTimeout(1000, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
