import cluster from 'node:cluster'
import { serve } from '../../../../adapters/node/index.ts'
import { createKernel } from '../../../../src/app/index.ts'

// Run as a process of its own: three workers that say which process answers.
if (process.argv[2] === 'crash' && cluster.isWorker) process.exit(7)
const app = createKernel()
  .get('/', () => String(process.pid))
  .get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 400))
    return 'slow'
  })
try {
  const server = await serve(app, { port: 0, workers: 3, graceMs: 3000 })
  if (server.role === 'primary') console.log(`listening on ${server.url}`)
  process.on('message', (message) => {
    if (message !== 'reload' || server.role !== 'primary') return
    const reload: unknown = Reflect.get(server, 'reload')
    if (typeof reload === 'function') Promise.resolve(reload()).then(() => console.log('reloaded'))
  })
} catch (error) {
  console.log(`failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
