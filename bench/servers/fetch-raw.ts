import { payload } from '../routes.ts'

const text = { 'content-type': 'text/plain; charset=utf-8' }
const json = { 'content-type': 'application/json' }

/** What somebody writes who has a runtime's own `serve` and nothing else. */
export function handle(request: Request): Response | Promise<Response> {
  const { url } = request
  const path = url.slice(url.indexOf('/', 8))
  if (path === '/text' || path === '/native') return new Response('Hello, World!', { headers: text })
  if (path === '/json') return new Response(JSON.stringify(payload), { headers: json })
  if (path.startsWith('/users/')) {
    const mark = path.indexOf('?')
    const query = new URLSearchParams(path.slice(mark + 1))
    return new Response(JSON.stringify({ id: path.slice(7, mark), q: query.get('q') }), { headers: json })
  }
  if (path === '/echo')
    return request.json().then((value) => new Response(JSON.stringify(value), { headers: json }))
  return new Response(null, { status: 404 })
}
