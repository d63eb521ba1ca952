import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from './program.ts'

/** A runtime that runs the fixture. */
export interface Subject {
  /** Starts the fixture with these options of `serve` besides a free port. */
  start(options?: object, env?: Readonly<Record<string, string>>): Promise<Program>
  /** Why a request cannot be read on while its answer is on its way, or null. */
  readonly noDuplex: string | null
  /** Does the runtime let us send pings? */
  readonly pings: boolean
}

/** What every request may take. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Lets `fetch` of Node take a stream for a body; the types of browsers do not know it. */
export const half: object = { duplex: 'half' }

/** A stream of chunks that come in their own time. */
function toStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  })
}

/** Sends raw text and resolves to all that comes back until the end, or for `ms` milliseconds. */
export function raw(url: string, text: string, ms = 1000): Promise<string> {
  const { port, hostname } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    function end(): void {
      socket.destroy()
      resolve(answer)
    }
    setTimeout(end, ms)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', end).on('close', end)
    socket.write(text)
  })
}

/** Opens a WebSocket and gathers what it hears. */
export async function openSocket(
  url: string,
  protocols: string[] = [],
): Promise<WebSocket & { heard: string[] }> {
  const socket = Object.assign(new WebSocket(`${url.replace('http', 'ws')}/ws`, protocols), {
    heard: [] as string[],
  })
  socket.on('message', (data: Buffer, isBinary) => {
    socket.heard.push(isBinary ? `bytes ${data.subarray(0, 9).join(',')}` : data.toString())
  })
  socket.on('close', (code, reason) => socket.heard.push(`closed ${code} ${reason.toString()}`))
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return socket
}

/** What an app sees and sends, alike on every runtime. */
export function describeServing(subject: Subject): void {
  describe('serving', () => {
    let program: Program
    let url: string
    beforeAll(async () => {
      program = await subject.start()
      url = program.url
    })
    afterAll(() => program[Symbol.asyncDispose]())

    it('answers text with its type and length', async () => {
      const response = await fetch(`${url}/`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8')
      expect(response.headers.get('content-length')).toBe('13')
      expect(await response.text()).toBe('Hello, World!')
    })

    it('answers a plain value as JSON', async () => {
      const response = await fetch(`${url}/json`)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toEqual({ a: 1, b: 'ü' })
    })

    it('hands parameters and the query to the handler', async () => {
      expect(await (await fetch(`${url}/users/a%20b?q=1%2B1`)).json()).toEqual({ id: 'a b', q: '1+1' })
    })

    it.each(['/path/a//b/./c', '/path/x/../a/b/c', '/path/x/%2e%2E/a/b/c'])(
      'makes the path canonical: %s',
      async (path) => {
        const answer = await raw(url, `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
        expect(answer).toContain('{"path":"/path/a/b/c","rest":"a/b/c"}')
      },
    )

    it('answers HEAD with the length and without the body', async () => {
      const answer = await raw(url, 'HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      expect(answer.toLowerCase()).toContain('content-length: 13')
      expect(answer).not.toContain('Hello')
    })

    it('answers 404 and 405 with problem details', async () => {
      const missing = await fetch(`${url}/nowhere`)
      expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
      const wrong = await fetch(`${url}/`, { method: 'DELETE' })
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    })

    it('sends a native response, and adds the fields of the context to it', async () => {
      const native = await fetch(`${url}/native`)
      expect([await native.text(), native.headers.get('x-a')]).toEqual(['native', 'b'])
      expect((await fetch(`${url}/amended`)).headers.get('x-pending')).toBe('yes')
    })

    it('reads cookies, and sends each in a field of its own', async () => {
      const response = await fetch(`${url}/cookies`, { headers: { cookie: 'c=3' } })
      expect(response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual(['a=1', 'b=2'])
      expect(await response.json()).toEqual({ sent: '3' })
    })

    it('tells the address and the port of the peer', async () => {
      const peer = await (await fetch(`${url}/peer`)).json()
      expect(peer).toMatchObject({ address: '127.0.0.1', encrypted: false, protocol: 'HTTP/1.1' })
      expect(peer.port).toBeGreaterThan(0)
      expect(await (await fetch(`${url}/client`)).json()).toEqual({ address: '127.0.0.1' })
    })

    it.each(['/boom', '/boom-later'])(
      'answers a failing handler with 500 and no reason: %s',
      async (path) => {
        const response = await fetch(`${url}${path}`)
        expect(response.status).toBe(500)
        expect(await response.text()).not.toContain('secret')
        await program.line(/"kind":"request.failed".*a secret reason/)
      },
    )

    it('reads a body as JSON', async () => {
      const response = await fetch(`${url}/echo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'ü'.repeat(500) }),
      })
      expect(await response.json()).toEqual({ text: 'ü'.repeat(500) })
    })

    it('reads a body whose length is not announced', async () => {
      const body = new Blob(['x'.repeat(50_000)]).stream()
      const response = await fetch(`${url}/length`, { method: 'POST', body, ...half })
      expect(await response.json()).toEqual({ bytes: 50_000 })
    })

    it('reads an empty body', async () => {
      expect(await (await fetch(`${url}/length`, { method: 'POST' })).json()).toEqual({ bytes: 0 })
    })

    it('refuses a body that is announced too large, and one that turns out to be', async () => {
      const announced = await fetch(`${url}/length`, { method: 'POST', body: 'x'.repeat(100_001) })
      expect([announced.status, (await announced.json()).code]).toEqual([413, 'BODY_TOO_LARGE'])
      const body = new Blob(['x'.repeat(100_001)]).stream()
      const streamed = await fetch(`${url}/length`, { method: 'POST', body, ...half })
      expect([streamed.status, (await streamed.json()).code]).toEqual([413, 'BODY_TOO_LARGE'])
    })

    it('takes a body of just the bound', async () => {
      const response = await fetch(`${url}/length`, { method: 'POST', body: 'x'.repeat(100_000) })
      expect(await response.json()).toEqual({ bytes: 100_000 })
    })

    it('refuses to read a body twice', async () => {
      const response = await fetch(`${url}/twice`, { method: 'POST', body: 'x' })
      expect(response.status).toBe(500)
      await program.line(/BODY_USED/)
    })

    it('counts a body while it comes', async () => {
      const body = toStream(
        (async function* () {
          for (let chunk = 0; chunk < 5; chunk++) {
            yield new Uint8Array(1000)
            await pause(30)
          }
        })(),
      )
      const response = await fetch(`${url}/count`, { method: 'POST', body, ...half })
      const { bytes, chunks } = await response.json()
      expect(bytes).toBe(5000)
      expect(chunks).toBeGreaterThan(1)
    })

    it.skipIf(subject.noDuplex !== null)(
      'streams a body to the handler, and back to the client',
      async () => {
        const parts = ['one ', 'two ', 'three']
        const body = toStream(
          (async function* () {
            for (const part of parts) {
              yield new TextEncoder().encode(part)
              await pause(50)
            }
          })(),
        )
        const response = await fetch(`${url}/relay`, { method: 'POST', body, ...half })
        expect(await response.text()).toBe('one two three')
      },
    )

    it('streams an answer as it comes', async () => {
      const response = await fetch(`${url}/stream`)
      const decoder = new TextDecoder()
      const parts: string[] = []
      const times: number[] = []
      for await (const chunk of response.body ?? []) {
        parts.push(decoder.decode(chunk))
        times.push(performance.now())
      }
      expect(parts).toEqual(['one ', 'two ', 'three'])
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(150)
    })

    it('aborts the signal of a handler whose client goes away', async () => {
      await expect(fetch(`${url}/slow/2000`, { signal: AbortSignal.timeout(300) })).rejects.toThrow()
      expect(await program.line(/(slow: aborted)/)).not.toBe('')
    })

    it('aborts the signal and cancels the stream whose client goes away', async () => {
      const abort = new AbortController()
      const response = await fetch(`${url}/endless`, { signal: abort.signal })
      await response.body?.getReader().read()
      abort.abort()
      await program.line(/(endless: aborted)/)
      expect(await program.line(/(endless: cancelled)/)).not.toBe('')
    })

    it.each(['text', 'native', 'stream'])(
      'does not abort the signal of one that was answered: %s',
      async (kind) => {
        await (await fetch(`${url}/after/${kind}`)).text()
        expect(await program.line(new RegExp(`after ${kind}: (not aborted|aborted)`))).toBe('not aborted')
      },
    )

    it('logs work after a response that fails, and lives on', async () => {
      await fetch(`${url}/failing-work`)
      await program.line(/"kind":"work.failed".*work broke/)
      expect((await fetch(`${url}/`)).status).toBe(200)
    })

    it.each([
      ['no HTTP at all', 'hello\r\n\r\n'],
      ['a field without a colon', 'GET / HTTP/1.1\r\nhost: a\r\nnonsense\r\n\r\n'],
      ['a length that is no number', 'POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n'],
      [
        'two lengths that differ',
        'POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
      ],
      [
        'a chunk whose size is no number',
        'POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n',
      ],
      [
        'a length beside a transfer coding that is none',
        'POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked, identity\r\n\r\nabc',
      ],
      ['a header of a megabyte', `GET / HTTP/1.1\r\nhost: a\r\nx-a: ${'a'.repeat(1_000_000)}\r\n\r\n`],
    ])('does not answer %s with success, and lives on', async (_name, text) => {
      expect(await raw(url, text)).not.toMatch(/^HTTP\/1.1 2/)
      expect((await fetch(`${url}/`)).status).toBe(200)
    })

    it('answers 400 when a body ends before its length', async () => {
      const { port } = new URL(url)
      const socket = connect(Number(port), '127.0.0.1')
      socket.write('POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nxx')
      await pause(100)
      socket.destroy()
      await program.line(/(BODY_ABORTED)/)
      expect((await fetch(`${url}/`)).status).toBe(200)
    })

    it('answers although the body was not read', async () => {
      const one = `POST /ignored HTTP/1.1\r\nhost: a\r\ncontent-length: 90000\r\n\r\n${'x'.repeat(90_000)}`
      expect(await raw(url, one, 300)).toContain('unread')
      expect((await fetch(`${url}/`)).status).toBe(200)
    })
  })
}

/** WebSockets over what the runtime has. */
export function describeWebSocket(subject: Subject): void {
  describe('upgradeWebSocket', () => {
    let program: Program
    beforeAll(async () => {
      program = await subject.start()
    })
    afterAll(() => program[Symbol.asyncDispose]())

    it('opens with the subprotocol and further fields', async () => {
      const socket = new WebSocket(`${program.url.replace('http', 'ws')}/ws`, ['chat'])
      const fields = await new Promise<Record<string, unknown>>((resolve) =>
        socket.on('upgrade', ({ headers }) => resolve(headers)),
      )
      expect(fields['x-upgrade']).toBe('yes')
      expect(socket.protocol === 'chat' || fields['sec-websocket-protocol'] === 'chat').toBe(true)
      socket.terminate()
    })

    it('carries text and bytes both ways, in order', async () => {
      const socket = await openSocket(program.url)
      socket.send('one')
      socket.send(new Uint8Array([1, 2, 3]))
      socket.send('two')
      await expect.poll(() => socket.heard).toEqual(['welcome', 'echo one', 'bytes 3,2,1', 'echo two'])
      socket.terminate()
    })

    it('closes with the code and reason of the app', async () => {
      const socket = await openSocket(program.url)
      socket.send('close')
      await expect.poll(() => socket.heard).toContain('closed 4001 asked for')
    })

    it('tells the code and reason of the client', async () => {
      const socket = await openSocket(program.url)
      socket.close(4005, 'bye')
      expect(await program.line(/(ws: closed 4005 bye)/)).not.toBe('')
    })

    it('tells 1005 when the client gives no code', async () => {
      const socket = await openSocket(program.url)
      socket.close()
      expect(await program.line(/(ws: closed 1005)/)).not.toBe('')
    })

    it('tells 1006 when the connection is cut', async () => {
      const socket = await openSocket(program.url)
      socket.terminate()
      expect(await program.line(/(ws: closed 1006)/)).not.toBe('')
    })

    it('closes with 1009 when a message is longer than its bound', async () => {
      const socket = await openSocket(program.url)
      socket.send('x'.repeat(1001))
      await expect.poll(() => socket.heard.at(-1)).toMatch(/^closed 1009/)
      const bytes = await openSocket(program.url)
      bytes.send(new Uint8Array(1000))
      await expect.poll(() => bytes.heard.length).toBe(2)
      bytes.send(`${'ü'.repeat(500)}x`)
      await expect.poll(() => bytes.heard.at(-1)).toMatch(/^closed 1009/)
    })

    it('tells what is buffered, and when it has left', async () => {
      const socket = await openSocket(program.url)
      socket.pause()
      socket.send('flood')
      await program.line(/(ws: buffered true)/)
      socket.resume()
      expect(await program.line(/(ws: drained 0)/)).not.toBe('')
      socket.terminate()
    })

    it('cuts the connection, or closes it where the runtime cannot cut', async () => {
      const socket = await openSocket(program.url)
      socket.send('cut')
      await expect.poll(() => socket.heard.at(-1)).toMatch(/^closed 100[056]/)
    })

    it('tells whether it can ping', async () => {
      const socket = await openSocket(program.url)
      socket.send('ping')
      await expect.poll(() => socket.heard.at(-1)).toBe(`ping ${subject.pings}`)
      socket.terminate()
    })

    it('refuses a request that is no handshake', async () => {
      const response = await fetch(`${program.url}/ws`)
      expect([response.status, (await response.json()).code]).toEqual([400, 'WEBSOCKET_HANDSHAKE'])
    })

    it('closes open sockets when the server drains', async () => {
      await using own = await subject.start()
      const socket = await openSocket(own.url)
      own.kill('SIGTERM')
      await expect.poll(() => socket.heard.at(-1)).toMatch(/^closed 1001/)
      expect(await own.ended()).toBe(0)
    })
  })
}

/** How a server ends. */
export function describeDrain(subject: Subject): void {
  describe('drain', () => {
    it('lets running requests end on SIGTERM, waits for work after them, and stops the app', async () => {
      await using program = await subject.start()
      const slow = fetch(`${program.url}/slow/500`)
      await program.line(/(slow: begun)/)
      await fetch(`${program.url}/work/800`)
      program.kill('SIGTERM')
      expect(await (await slow).text()).toBe('slow')
      expect(await program.ended()).toBe(0)
      expect(program.said()).toMatch(/The app hears of the drain[^]*work: done[^]*The app has stopped/)
      expect(program.said()).toMatch(/Stopped after \d+ ms: 1 requests finished, 0 cut/)
    })

    it('takes no new connection meanwhile', async () => {
      await using program = await subject.start()
      const slow = fetch(`${program.url}/slow/600`)
      await program.line(/(slow: begun)/)
      program.kill('SIGTERM')
      await program.line(/"kind":"(server.draining)"/)
      await pause(100)
      expect(await raw(program.url, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', 200)).toBe('')
      expect((await slow).status).toBe(200)
    })

    it('lets a stream end', async () => {
      await using program = await subject.start()
      const response = await fetch(`${program.url}/stream`)
      const began = performance.now()
      program.kill('SIGTERM')
      expect(await response.text()).toBe('one two three')
      expect(await program.ended()).toBe(0)
      expect(performance.now() - began).toBeLessThan(3000)
    })

    it('cuts what lasts longer than the grace time, and exits with 1', async () => {
      await using program = await subject.start({ graceMs: 200 })
      const slow = fetch(`${program.url}/slow/60000`).then(
        ({ status }) => status,
        () => 'cut',
      )
      await program.line(/(slow: begun)/)
      program.kill('SIGTERM')
      expect(await program.ended()).toBe(1)
      expect([503, 'cut']).toContain(await slow)
      expect(program.said()).toContain('0 requests finished, 1 cut')
    })

    it('does not wait for work longer than the grace time', async () => {
      await using program = await subject.start({ graceMs: 200 })
      await fetch(`${program.url}/work/60000`)
      program.kill('SIGINT')
      expect(await program.ended()).toBe(0)
    })

    it('exits at once on a second signal', async () => {
      await using program = await subject.start()
      fetch(`${program.url}/slow/60000`).catch(() => undefined)
      await program.line(/(slow: begun)/)
      program.kill('SIGTERM')
      await program.line(/"kind":"(server.draining)"/)
      program.kill('SIGTERM')
      expect(await program.ended()).toBe(1)
    })

    it('goes on taking connections while the drain is delayed', async () => {
      await using program = await subject.start({ drainDelayMs: 500 })
      program.kill('SIGTERM')
      await program.line(/"kind":"(server.draining)"/)
      expect((await fetch(`${program.url}/`)).status).toBe(200)
      expect(await program.ended()).toBe(0)
    })

    it('closes idle connections', async () => {
      await using program = await subject.start()
      const idle = raw(program.url, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', 10_000)
      await pause(200)
      const began = performance.now()
      program.kill('SIGTERM')
      expect(await idle).toContain('Hello')
      expect(await program.ended()).toBe(0)
      expect(performance.now() - began).toBeLessThan(2000)
    })
  })
}
