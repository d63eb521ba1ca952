import { existsSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { ClientHttp2Session } from 'node:http2'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../node/serve/certificates.ts'
import type { Program } from './program.ts'

/** A runtime that runs the fixture, and how it is refused. */
export interface ListeningSubject {
  start(options?: object, env?: Readonly<Record<string, string>>): Promise<Program>
  /** Starts one that is expected not to listen. */
  run(options: object, env?: Readonly<Record<string, string>>): Program
  /** A folder that the fixture may read and write. */
  folder(): string
  /** Options of `serve` that make it speak HTTP/2 over TLS. */
  readonly http2: object
  /** What the peer's protocol is then, over HTTP/1.1 and over HTTP/2. */
  readonly protocols: readonly [string, string]
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Where and how a server listens. */
export function describeListening(subject: ListeningSubject): void {
  describe('options', () => {
    it('reports every mistake at once, and no secret', async () => {
      await using program = subject.run({
        port: 70_000,
        hostname: '',
        graceMs: -1,
        drainDelayMs: 0.5,
        signals: 'yes',
        tls: { cert: '', key: 5, other: 1 },
        mode: 5,
        prot: 1,
      })
      expect(await program.ended()).toBe(2)
      const said = program.said()
      expect(said).toContain('port: expected a whole number from 0 to 65535, got 70000')
      expect(said).toContain('hostname: expected an address or a name of this machine')
      expect(said).toContain('graceMs: expected a whole number from 0 to 3600000, got -1')
      expect(said).toContain('drainDelayMs: expected a whole number from 0 to 3600000, got 0.5')
      expect(said).toContain('signals: expected true or false, got yes')
      expect(said).toContain('tls.cert: expected PEM text')
      expect(said).toContain('tls.key: expected PEM text')
      expect(said).toContain('tls.other: expected one of cert, key')
      expect(said).toContain('mode: expected only together with path')
      expect(said).toContain('prot: expected one of port, hostname')
    })

    it('refuses a path beside a port', async () => {
      await using program = subject.run({ port: 1, path: '/tmp/a.sock' })
      expect(await program.ended()).toBe(2)
      expect(program.said()).toContain('path: expected either a path or a port and hostname, got both')
    })
  })

  describe('listening', () => {
    it('names the address that is taken', async () => {
      const taken = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => taken.once('listening', resolve))
      const address = taken.address()
      const port = typeof address === 'object' ? address?.port : 0
      await using program = subject.run({ port })
      expect(await program.ended()).toBe(2)
      expect(program.said()).toContain(`refused Expected to listen on 127.0.0.1:${port}: `)
      taken.close()
    })

    it('listens on a Unix socket with its mode, and replaces a file that nobody listens on', async () => {
      const path = join(subject.folder(), 'app.sock')
      {
        await using program = await subject.start({ path, mode: 0o600 })
        expect(program.url).toBe(`unix:${path}`)
        expect(statSync(path).mode & 0o777).toBe(0o600)
        expect(JSON.parse((await ask({ socketPath: path, path: '/peer' })).text)).toEqual({
          address: '',
          port: 0,
          encrypted: false,
          protocol: 'HTTP/1.1',
        })
        await using second = subject.run({ path })
        expect(await second.ended()).toBe(2)
        expect(second.said()).toContain('another process listens there')
        program.kill('SIGKILL')
        await program.ended()
      }
      expect(existsSync(path)).toBe(true)
      await using again = await subject.start({ path })
      expect(again.url).toBe(`unix:${path}`)
      expect((await ask({ socketPath: path, path: '/' })).text).toBe('Hello, World!')
    })

    it('does not replace a file that is no socket', async () => {
      const path = join(subject.folder(), 'file.txt')
      writeFileSync(path, 'precious')
      await using program = subject.run({ path })
      expect(await program.ended()).toBe(2)
      expect(program.said()).toContain(`Expected no file but a socket at ${path}`)
    })
  })

  describe('TLS', () => {
    const { cert, key } = makeCertificate('localhost')
    let program: Program
    beforeAll(async () => {
      program = await subject.start({ tls: { cert, key }, ...subject.http2 })
    })
    afterAll(() => program[Symbol.asyncDispose]())

    it('serves HTTP/1.1 and tells that the connection is encrypted', async () => {
      expect(program.url).toMatch(/^https:/)
      const { port } = new URL(program.url)
      const answer = await ask({ host: '127.0.0.1', port: Number(port), path: '/peer', ca: cert })
      expect(JSON.parse(answer.text)).toMatchObject({ encrypted: true, protocol: subject.protocols[0] })
    })

    it('serves HTTP/2, several requests at once', async () => {
      const session = connectHttp2(program.url, { ca: cert })
      const paths = ['/peer', '/users/1', '/stream', '/slow/50']
      const answers = await Promise.all(paths.map((path) => askHttp2(session, path)))
      session.close()
      expect(JSON.parse(answers[0] ?? '')).toMatchObject({ encrypted: true, protocol: subject.protocols[1] })
      expect(answers.slice(1)).toEqual(['{"id":"1","q":null}', 'one two three', 'slow'])
    })

    it('reads the certificate from files', async () => {
      const paths = { cert: join(subject.folder(), 'cert.pem'), key: join(subject.folder(), 'key.pem') }
      writeFileSync(paths.cert, cert)
      writeFileSync(paths.key, key)
      await using own = await subject.start({ tls: paths })
      const { port } = new URL(own.url)
      expect((await ask({ host: '127.0.0.1', port: Number(port), path: '/', ca: cert })).status).toBe(200)
    })

    it.each([
      ['a file that is not there', { cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' }],
      [
        'text that is no certificate',
        { cert: '-----BEGIN CERTIFICATE-----\nx', key: '-----BEGIN X-----\ny' },
      ],
    ])('refuses %s', async (_name, tls) => {
      await using own = subject.run({ port: 0, tls })
      expect(await own.ended()).toBe(2)
      expect(own.said()).toMatch(
        /refused Expected (?:a certificate and its key in PEM in tls|PEM or the path)/,
      )
    })
  })
}

function ask(options: {
  readonly path: string
  readonly socketPath?: string
  readonly host?: string
  readonly port?: number
  readonly ca?: string
}): Promise<Answer> {
  const send = options.ca === undefined ? httpRequest : httpsRequest
  return new Promise((resolve, reject) => {
    send({ ...options, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end()
  })
}

function askHttp2(session: ClientHttp2Session, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let text = ''
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      text += chunk
    })
    stream.on('end', () => resolve(text)).on('error', reject)
    session.on('error', reject)
  })
}
