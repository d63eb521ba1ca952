import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { ServeOptions } from '../../../../adapters/node/index.ts'
import { serve } from '../../../../adapters/node/index.ts'
import { createApp } from '../../../../src/app/index.ts'

// A program of its own, for what concerns processes. Its first argument is the options of `serve` as JSON; while the
// file of the second one exists, it ends before it serves.
const [given = '{}', obstacle = ''] = process.argv.slice(2)
if (existsSync(obstacle)) process.exit(7)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const app = createApp()
  .get('/', () => String(process.pid))
  .get('/slow', () => pause(400).then(() => 'slow'))
  .get('/stuck', () => pause(60_000).then(() => 'stuck'))
  .get('/child', () => {
    const child = spawnSync(process.execPath, [
      ...process.execArgv,
      import.meta.filename,
      '{"port":0}',
      '',
      'role',
    ])
    return child.stdout.toString()
  })

try {
  const server = await serve(app, { graceMs: 3000, ...(JSON.parse(given) as ServeOptions) })
  if (process.argv[4] === 'role') {
    console.log(`role ${server.role}`)
    await server.close()
    console.log(`left ${process.listenerCount('SIGTERM')} ${process.listenerCount('SIGHUP')} ${server.state}`)
  } else if (server.role !== 'worker') {
    console.log(`listening on ${server.url}`)
  }
  // Tests that were killed leave nothing behind. Workers see to it themselves.
  if (server.role !== 'worker' && process.argv[4] !== 'role') process.on('disconnect', () => process.exit(1))
  if (server.role === 'primary' || process.argv[4] === 'steered') {
    process.on('message', (message) => {
      if (message === 'reload' && server.role === 'primary') tell('reloaded', server.reload())
      if (message === 'reload-tls') tell('tls reloaded', server.reloadTls())
      if (message === 'pids' && server.role === 'primary') console.log(`pids ${server.pids.join(' ')}`)
    })
  }
} catch (error) {
  console.log(`failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

function tell(what: string, work: Promise<unknown>): void {
  work.then(
    () => console.log(`done: ${what}`),
    (error: unknown) => console.log(`not ${what}: ${String(error)}`),
  )
}
