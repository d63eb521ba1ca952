import { getQuery, getRouterParam, H3, serve } from 'h3'
import { fillers, payload } from '../routes.ts'
import { listen } from './listen.ts'

const app = new H3()
for (const path of fillers) app.get(path, () => 'filler')
app.get('/text', () => 'Hello, World!')
app.get('/json', () => payload)
app.get('/users/:id', (event) => ({ id: getRouterParam(event, 'id'), q: getQuery(event)['q'] }))
app.post('/echo', async (event) => (await event.req.json()) as object)
app.get(
  '/native',
  () => new Response('Hello, World!', { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
)
for (let layer = 0; layer < 3; layer++) app.use('/mw/**', async (_event, next) => await next())
app.get('/mw/text', () => 'Hello, World!')
app.get('/mw/json', () => payload)

listen(async (port, ready) => {
  const server = serve(app, { port, hostname: '127.0.0.1', silent: true, maxRequestBodySize: 1_048_576 })
  await server.ready()
  ready()
})
