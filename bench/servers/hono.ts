import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { fillers, payload } from '../routes.ts'
import { listen } from './listen.ts'

const app = new Hono()
for (const path of fillers) app.get(path, (c) => c.text('filler'))
app.get('/text', (c) => c.text('Hello, World!'))
app.get('/json', (c) => c.json(payload))
app.get('/users/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.query('q') }))
app.post('/echo', bodyLimit({ maxSize: 1_048_576 }), async (c) => c.json(await c.req.json()))
app.get(
  '/native',
  () => new Response('Hello, World!', { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
)
const group = new Hono()
for (let layer = 0; layer < 3; layer++) group.use(async (_c, next) => await next())
group.get('/text', (c) => c.text('Hello, World!'))
group.get('/json', (c) => c.json(payload))
app.route('/mw', group)
app.onError((_error, c) => c.text('failed', 500))

listen((port, ready) => serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ready))
