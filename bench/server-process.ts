import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Reading } from './servers/listen.ts'

/** A framework's server in a process of its own, pinned to one core where the machine lets us. */
export interface ServerProcess {
  readonly name: string
  readonly port: number
  /** CPU time and heap of the process. With `collect` after a garbage collection. */
  read(question?: 'read' | 'collect'): Promise<Reading>
  stop(): void
}

/** Starts `servers/<name>.ts`; resolves when it listens. */
export async function startServer(
  name: string,
  port: number,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(`servers/${name}.ts`, import.meta.url))
  const node = [process.execPath, ...flags, '--disable-warning=ExperimentalWarning', file, String(port)]
  const pinned = process.platform === 'linux' ? ['taskset', '-c', '0', ...node] : node
  const [command = '', ...args] = pinned
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  await answer(child)
  return {
    name,
    port,
    async read(question = 'read'): Promise<Reading> {
      child.send(question)
      return (await answer(child)) as Reading
    },
    stop: () => void child.kill('SIGKILL'),
  }
}

async function answer(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(20_000) })
  return message
}
