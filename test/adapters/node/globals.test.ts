import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { installFetchGlobals, restoreFetchGlobals } from '../../../adapters/node/globals.ts'
import { createNodeResponse, NodeResponse } from '../../../adapters/node/response.ts'
import { makeRequest } from './ours.ts'
import { startHttp1 } from './wire.ts'

const before = { Request, Response, Headers, fetch }

afterEach(() => restoreFetchGlobals())

describe('installFetchGlobals()', () => {
  it('changes nothing more when it is called twice', () => {
    installFetchGlobals()
    const once = { Request, Response, fetch }
    installFetchGlobals()
    expect({ Request, Response, fetch }).toEqual(once)
  })

  it('is undone by restoreFetchGlobals()', () => {
    installFetchGlobals()
    expect(Response).not.toBe(before.Response)
    restoreFetchGlobals()
    expect({ Request, Response, Headers, fetch }).toEqual(before)
  })

  it('leaves in place what somebody else has put on the globals since', () => {
    installFetchGlobals()
    const other = (): Promise<Response> => Promise.resolve(new Response('other'))
    globalThis.fetch = other
    restoreFetchGlobals()
    expect(globalThis.fetch).toBe(other)
    globalThis.fetch = before.fetch
  })

  it('keeps globals as they are to be enumerated', () => {
    const keys = Object.keys(globalThis)
    installFetchGlobals()
    expect(Object.keys(globalThis)).toEqual(keys)
  })
})

describe('fetch()', () => {
  it('sends a request of ours on, with method, fields and body', async () => {
    installFetchGlobals()
    const server = createServer(async (message, response) => {
      let body = ''
      for await (const chunk of message) body += chunk
      response.end(`${message.method} ${message.url} ${message.headers['x-a']} ${body}`)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const headers: [string, string][] = [
      ['X-A', 'b'],
      ['Connection', 'keep-alive'],
      ['Expect', '100-continue'],
      ['Transfer-Encoding', 'chunked'],
    ]
    const ours = makeRequest({
      method: 'POST',
      target: '/p?q',
      host,
      headers: headers.slice(0, 3),
      body: 'hello',
    })
    const response = await fetch(ours)
    expect(response).toBeInstanceOf(Response)
    expect(await response.text()).toBe('POST /p?q b hello')
  })

  it('takes what is not ours as the native one does', async () => {
    installFetchGlobals()
    expect(await (await fetch('data:,text')).text()).toBe('text')
    expect(await (await fetch(new URL('data:,url'))).text()).toBe('url')
    expect(await (await fetch(new Request('data:,request'))).text()).toBe('request')
    await expect(Reflect.apply(fetch, undefined, [])).rejects.toThrow(TypeError)
  })
})

describe('a third party', () => {
  it('answers a request of ours through its own fetch handler', async () => {
    installFetchGlobals()
    const schema = createSchema({
      typeDefs: 'type Query { hello(name: String): String }',
      resolvers: { Query: { hello: (_root, { name }: { name: string }) => `Hello, ${name}` } },
    })
    const yoga = createYoga({ schema, logging: false })
    const { port } = await startHttp1((request) => Promise.resolve(yoga.fetch(request)))
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query ($n: String) { hello(name: $n) }', variables: { n: 'you' } }),
    })
    expect(await response.json()).toEqual({ data: { hello: 'Hello, you' } })
  })

  it('answers from a request that was copied under another URL', async () => {
    installFetchGlobals()
    const { port } = await startHttp1(async (request) => {
      const copy = new Request(new URL('/moved', request.url), request)
      return Response.json({ path: new URL(copy.url).pathname, body: await copy.text() })
    })
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body: 'kept' })
    expect(await response.json()).toEqual({ path: '/moved', body: 'kept' })
  })
})

/** Runs a program that has not touched the native classes, and gives what it printed. */
function run(program: string): unknown {
  const file = (name: string): string =>
    JSON.stringify(new URL(`../../../adapters/node/${name}.ts`, import.meta.url).href)
  const source = `
    const { installFetchGlobals } = await import(${file('globals')})
    const { createNodeResponse, NodeResponse } = await import(${file('response')})
    const { FlatHeaders } = await import(${file('headers')})
    const isLoaded = () => process.moduleLoadList.some((name) => name.includes('undici/undici'))
    ${program}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

describe('a process that has not touched the native classes', () => {
  it('does not load them by installFetchGlobals() and a response', () => {
    expect(
      run(`
      installFetchGlobals()
      const response = createNodeResponse('a', 200, ['a', 'b'])
      console.log(JSON.stringify([response.headers.get('a'), await response.text(), isLoaded()]))
      process.exit()`),
    ).toEqual(['b', 'a', false])
  })

  it('has instanceof from the first touch', () => {
    expect(
      run(`
      installFetchGlobals()
      const response = createNodeResponse('a', 200, [])
      console.log(JSON.stringify([response instanceof Response, response.headers instanceof Headers, new Response('a') instanceof NodeResponse]))`),
    ).toEqual([true, true, true])
  })

  it('gets the stand-ins when its start is over', () => {
    expect(
      run(`
      installFetchGlobals()
      const before = isLoaded()
      const alive = setInterval(() => undefined, 1000)
      while (!isLoaded()) await new Promise((resolve) => setTimeout(resolve, 10))
      clearInterval(alive)
      console.log(JSON.stringify([before, new Response('a') instanceof NodeResponse]))`),
    ).toEqual([false, true])
  })

  it('is not kept alive by that', () => {
    expect(
      run(`installFetchGlobals(); process.on('exit', () => console.log(JSON.stringify(isLoaded())))`),
    ).toBe(false)
  })

  it('treats ours as plain objects without the globals', () => {
    expect(
      run(
        `console.log(JSON.stringify([createNodeResponse('a', 200, []) instanceof Response, await createNodeResponse('a', 200, []).clone().text()]))`,
      ),
    ).toEqual([false, 'a'])
  })
})

describe('two copies of the package', () => {
  it('link both kinds of response to the native one', () => {
    expect(
      run(`
      const other = await import(${JSON.stringify(new URL('../../../adapters/node/response.ts', import.meta.url).href)} + '?copy')
      const globals = await import(${JSON.stringify(new URL('../../../adapters/node/globals.ts', import.meta.url).href)} + '?copy')
      installFetchGlobals()
      globals.installFetchGlobals()
      console.log(JSON.stringify(createNodeResponse('a', 200, []) instanceof Response))`),
    ).toBe(true)
  })
})

it('createNodeResponse() makes what the global makes', () => {
  installFetchGlobals()
  expect(new Response('a')).toBeInstanceOf(NodeResponse)
  expect(createNodeResponse('a', 200, [])).toBeInstanceOf(Response)
})
