import { createApp } from 'rockstar-web/core'
import { serve } from 'rockstar-web/node'

const app = createApp().get('/', (ctx) => ctx.text('hi'))
await serve(app, { port: Number(process.argv[2]), hostname: '127.0.0.1', signals: false })
