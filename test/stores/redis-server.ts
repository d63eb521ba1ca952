import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { createClient } from 'redis'
import { describe } from 'vitest'

const host = '127.0.0.1'
const port = 6379

/** A connected client, a prefix that nobody else has, and what ends both. */
export interface OpenedRedis {
  readonly client: ReturnType<typeof newClient>
  readonly prefix: string
  readonly close: () => Promise<void>
}

/** Connects to the local Redis. */
export async function openRedis(): Promise<OpenedRedis> {
  const client = newClient()
  const prefix = `test:${randomUUID()}:`
  await client.connect()
  return {
    client,
    prefix,
    async close() {
      const keys: string[] = []
      for await (const page of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) keys.push(...page)
      if (keys.length > 0) await client.unlink(keys)
      await client.close()
    },
  }
}

/** A client of the local Redis, or of what is behind another port, that is not connected yet. */
export function newClient(at: number = port) {
  const client = createClient({ socket: { host, port: at, reconnectStrategy: 50 } })
  // Without a listener an error of the connection ends the process.
  client.on('error', () => undefined)
  return client
}

/** Tests that need Redis: skipped where it does not run, except on CI. */
export function describeRedis(name: string, tests: () => void): void {
  const isThere = process.env['CI'] !== undefined || reachable
  const reason = isThere ? '' : ` (skipped: start one with "redis-server --port ${port}")`
  describe.skipIf(!isThere)(`${name}${reason}`, () => {
    tests()
  })
}

const reachable = await new Promise<boolean>((resolve) => {
  const socket = connect({ host, port, timeout: 1000 })
  const end = (answer: boolean) => (): void => {
    socket.destroy()
    resolve(answer)
  }
  socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false))
})
