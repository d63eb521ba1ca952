import { createServer } from 'node:http'

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': 2 })
  response.end('hi')
})
server.listen(Number(process.argv[2]), '127.0.0.1')
