import { createApp } from 'rockstar-web'
import { serve } from 'rockstar-web/node'
import { certificate } from '../certificate.ts'
import { fillers, payload } from '../routes.ts'
import { listen } from './listen.ts'

const app = createApp()
for (const path of fillers) app.get(path, () => 'filler')
app.get('/text', (ctx) => ctx.text('Hello, World!')).get('/json', (ctx) => ctx.json(payload))

listen(async (port, ready) => {
  await serve(app, { port, hostname: '127.0.0.1', signals: false, tls: certificate() })
  ready()
})
