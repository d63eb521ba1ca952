import { createSecureServer } from 'node:http2'
import { certificate } from '../certificate.ts'
import { payload } from '../routes.ts'
import { listen } from './listen.ts'

const server = createSecureServer(certificate(), (request, response) => {
  const isText = request.url === '/text'
  const body = isText ? 'Hello, World!' : JSON.stringify(payload)
  response.writeHead(200, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})

listen((port, ready) => server.listen(port, '127.0.0.1', ready))
