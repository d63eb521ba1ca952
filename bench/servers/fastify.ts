import Fastify from 'fastify'
import { fillers, payload } from '../routes.ts'
import { listen } from './listen.ts'

const app = Fastify({ bodyLimit: 1_048_576 })
const text = 'text/plain; charset=utf-8'
for (const path of fillers) app.get(path, async () => 'filler')
app.get('/text', (_request, reply) => reply.type(text).send('Hello, World!'))
app.get('/json', (_request, reply) => reply.send(payload))
app.get('/users/:id', (request, reply) => {
  const { id } = request.params as { id: string }
  const { q } = request.query as { q: string }
  return reply.send({ id, q })
})
app.post('/echo', async (request) => request.body)
app.get('/native', () => new Response('Hello, World!', { headers: { 'content-type': text } }))
app.register(
  async (group) => {
    for (let layer = 0; layer < 3; layer++) group.addHook('onRequest', async () => undefined)
    group.get('/text', (_request, reply) => reply.type(text).send('Hello, World!'))
    group.get('/json', (_request, reply) => reply.send(payload))
  },
  { prefix: '/mw' },
)
app.setErrorHandler((_error, _request, reply) => reply.code(500).send('failed'))

listen(async (port, ready) => {
  await app.listen({ port, host: '127.0.0.1' })
  ready()
})
