import type { Figure } from './startup.ts'
import { cases } from './http.ts'
import { sendLoad } from './load.ts'
import { startServer } from './server-process.ts'

/** Heap of the product's server after a hundred thousand and after a million requests, in MiB, each after a collection. */
export async function measureMemory(first: number, total: number): Promise<Figure[]> {
  const server = await startServer('rockstar', 4201, ['--expose-gc'])
  const request = cases[2]?.request ?? ''
  try {
    await sendLoad({ port: server.port, request, count: first, connections: 32 })
    const early = await server.read('collect')
    // In pieces: a server closes a connection after so many requests.
    for (let sent = first; sent < total; sent += first) {
      await sendLoad({ port: server.port, request, count: Math.min(first, total - sent), connections: 32 })
    }
    const late = await server.read('collect')
    return [
      {
        name: `heap after ${first.toLocaleString('en')} requests (MiB)`,
        value: early.heapBytes / 2 ** 20,
        spread: 0,
      },
      {
        name: `heap after ${total.toLocaleString('en')} requests (MiB)`,
        value: late.heapBytes / 2 ** 20,
        spread: 0,
      },
    ]
  } finally {
    server.stop()
  }
}
