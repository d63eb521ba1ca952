import { createApp } from 'rockstar-web'
import { serve } from 'rockstar-web/node'
import { fillers, payload } from '../routes.ts'
import { listen } from './listen.ts'

const app = createApp()
for (const path of fillers) app.get(path, () => 'filler')
app
  .get('/text', (ctx) => ctx.text('Hello, World!'))
  .get('/json', (ctx) => ctx.json(payload))
  .get('/users/:id', (ctx) => ctx.json({ id: ctx.params.id, q: ctx.query.get('q') }))
  .post('/echo', async (ctx) => ctx.json(await ctx.body.json()))
  .get(
    '/native',
    () => new Response('Hello, World!', { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
  )
  .group('/mw', (group) => {
    for (let layer = 0; layer < 3; layer++) group.use(async (_ctx, next) => await next())
    group.get('/text', (ctx) => ctx.text('Hello, World!')).get('/json', (ctx) => ctx.json(payload))
  })

listen(async (port, ready) => {
  await serve(app, { port, hostname: '127.0.0.1', signals: false })
  ready()
})
