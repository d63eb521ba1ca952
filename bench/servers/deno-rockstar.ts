import { serve } from 'rockstar-web/deno'
import { app } from './fetch-app.ts'

await serve(app, { port: Number(Reflect.get(globalThis, 'Deno').args[0]), signals: false })
