import { serve } from 'rockstar-web/bun'
import { app } from './fetch-app.ts'

await serve(app, { port: Number(process.argv[2]), signals: false })
