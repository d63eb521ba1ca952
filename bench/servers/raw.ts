import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { payload } from '../routes.ts'
import { listen } from './listen.ts'

const text = { 'content-type': 'text/plain; charset=utf-8' }
const json = { 'content-type': 'application/json' }

function send(response: ServerResponse, headers: Record<string, string>, body: string): void {
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const server = createServer({ optimizeEmptyRequests: true }, (request, response) => {
  const url = request.url ?? '/'
  if (url === '/text' || url === '/mw/text' || url === '/native') return send(response, text, 'Hello, World!')
  if (url === '/json' || url === '/mw/json') return send(response, json, JSON.stringify(payload))
  if (url.startsWith('/users/')) {
    const mark = url.indexOf('?')
    const query = new URLSearchParams(url.slice(mark + 1))
    return send(response, json, JSON.stringify({ id: url.slice(7, mark), q: query.get('q') }))
  }
  if (url === '/echo') {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      send(response, json, JSON.stringify(value))
    })
    return
  }
  response.writeHead(404).end()
})

listen((port, ready) => server.listen(port, '127.0.0.1', ready))
