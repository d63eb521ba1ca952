import { serve } from '../../../adapters/deno/index.ts'
import { app } from './app.ts'

const options: object = JSON.parse(Reflect.get(globalThis, 'Deno').args[0] ?? '{}')
try {
  const server = await serve(app, options)
  console.log(`listening ${server.url}`)
} catch (error) {
  console.log(`refused ${error instanceof Error ? error.message : String(error)}`)
  Reflect.get(globalThis, 'Deno').exit(2)
}
