import { serve } from '../../../adapters/bun/index.ts'
import { app } from '../deno/app.ts'

const options: object = JSON.parse(process.argv[2] ?? '{}')
try {
  const server = await serve(app, options)
  console.log(`listening ${server.url}`)
} catch (error) {
  console.log(`refused ${error instanceof Error ? error.message : String(error)}`)
  process.exit(2)
}
