import { memoryUsage } from 'node:process'

/** What the measuring process asks of a server, and gets back. */
export interface Reading {
  readonly cpuMicros: number
  readonly heapBytes: number
}

/** Starts a server on the port of the command line, says so, and answers questions about CPU time and memory. */
export function listen(open: (port: number, ready: () => void) => unknown): void {
  const port = Number(process.argv[2])
  process.on('message', (question) => {
    if (question === 'collect') globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMicros: user + system, heapBytes: memoryUsage().heapUsed } satisfies Reading)
  })
  process.on('disconnect', () => process.exit(0))
  open(port, () => process.send?.('ready'))
}
