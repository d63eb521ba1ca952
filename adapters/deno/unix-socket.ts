import { RockstarError } from '../../src/errors/index.ts'
import type { DenoApi } from './deno.ts'

/**
 * Makes way for a Unix socket: removes the file that a process left behind which was killed. A socket that somebody
 * listens on, and a file that is no socket, are `LISTEN_FAILED`.
 */
export async function prepareSocketPath(deno: DenoApi, path: string): Promise<void> {
  const stats = await deno.lstat(path).catch(() => null)
  if (stats === null) return
  if (stats.isSocket !== true)
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected no file but a socket at ${path}; remove it or choose another path`,
    )
  if (await isListening(deno, path))
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected to listen on ${path}: another process listens there; stop it or choose another path`,
    )
  await deno.remove(path)
}

/** Gives the file of a socket that listens these permissions. `LISTEN_FAILED` when that is refused. */
export async function setSocketMode(deno: DenoApi, path: string, mode: number): Promise<void> {
  try {
    await deno.chmod(path, mode)
  } catch (error) {
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected to give ${path} the permissions ${mode.toString(8)}: ${String(error).slice(0, 200)}`,
      { cause: error },
    )
  }
}

async function isListening(deno: DenoApi, path: string): Promise<boolean> {
  try {
    const connection = await deno.connect({ transport: 'unix', path })
    connection.close()
    return true
  } catch (error) {
    // Anything but a refusal may be a listener that we cannot see.
    return !(error instanceof Error && error.name === 'ConnectionRefused')
  }
}
