import { node } from '@elysiajs/node'
import { Elysia } from 'elysia'
import { fillers, payload } from '../routes.ts'
import { listen } from './listen.ts'

const app = new Elysia({ adapter: node() })
for (const path of fillers) app.get(path, () => 'filler')
app
  .get('/text', () => 'Hello, World!')
  .get('/json', () => payload)
  .get('/users/:id', ({ params, query }) => ({ id: params.id, q: query['q'] }))
  .post('/echo', ({ body }) => body as object)
  .get(
    '/native',
    () => new Response('Hello, World!', { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
  )
  .group('/mw', (group) => {
    for (let layer = 0; layer < 3; layer++) group.onBeforeHandle(async () => undefined)
    return group.get('/text', () => 'Hello, World!').get('/json', () => payload)
  })

listen((port, ready) => app.listen({ port, hostname: '127.0.0.1' }, ready))
