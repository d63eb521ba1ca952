import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeCertificate, shownAt } from './certificates.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'rockstar-prefork-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const two = { port: 0, workers: 2 }
const three = { port: 0, workers: 3 }
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const urlOf = (program: Program): Promise<string> => program.line(/listening on (\S+)/)

/** The process ids that answer. Each request has a connection of its own, so that they are spread. */
async function answeringPids(url: string, requests: number): Promise<Set<string>> {
  const pids = new Set<string>()
  for (let index = 0; index < requests; index++) {
    const response = await fetch(url, { headers: { connection: 'close' } })
    expect(response.status).toBe(200)
    pids.add(await response.text())
  }
  return pids
}

/** Resolves when `count` of them answer and none of these is among them. */
async function expectReplaced(url: string, count: number, gone: Iterable<string>): Promise<void> {
  await expect
    .poll(
      async () => {
        const pids = await answeringPids(url, 6)
        return [pids.size, [...gone].some((pid) => pids.has(pid))]
      },
      { timeout: 10_000 },
    )
    .toEqual([count, false])
}

/** Asks again and again until `done` is called, which resolves to the number of failures. */
function keepAsking(url: string): { done(): Promise<number> } {
  let failed = 0
  let going = true
  const load = (async (): Promise<void> => {
    while (going) {
      const response = await fetch(url, { headers: { connection: 'close' } }).catch(() => null)
      if (response?.status !== 200) failed++
      await response?.text()
    }
  })()
  return {
    async done() {
      going = false
      await load
      return failed
    },
  }
}

describe('workers', () => {
  test('share a port; one that is killed is replaced; SIGTERM drains all', async () => {
    await using program = startProgram(three)
    const url = await urlOf(program)
    const before = await answeringPids(url, 12)
    expect(before.size).toBe(3)
    expect(before.has(String(program.process.pid))).toBe(false)
    const [victim = ''] = before
    process.kill(Number(victim), 'SIGKILL')
    expect(await program.line(/worker-crashed.*ended: (\w+)/)).toBe('SIGKILL')
    await expectReplaced(url, 3, [victim])
    const slow = fetch(`${url}/slow`)
    await pause(100)
    program.process.kill('SIGTERM')
    expect(await (await slow).text()).toBe('slow')
    expect(await program.ended()).toBe(0)
    expect(program.said()).toMatch(/1 requests finished, 0 cut/)
  })

  test('make the program exit with 1 when one of them had to cut a request', async () => {
    await using program = startProgram({ ...two, graceMs: 100 })
    const stuck = fetch(`${await urlOf(program)}/stuck`).catch(() => 'cut')
    await pause(100)
    program.process.kill('SIGTERM')
    expect([await stuck, await program.ended()]).toEqual(['cut', 1])
  })

  test('go at once on a second signal', async () => {
    await using program = startProgram({ ...two, graceMs: 60_000 })
    const url = await urlOf(program)
    const stuck = fetch(`${url}/stuck`).catch(() => 'cut')
    await pause(100)
    program.process.kill('SIGTERM')
    await program.line(/(server.draining)/)
    program.process.kill('SIGTERM')
    expect([await program.ended(), await stuck]).toEqual([1, 'cut'])
  })

  test('let their requests end and are replaced on a SIGTERM of their own', async () => {
    await using program = startProgram(two)
    const url = await urlOf(program)
    const slow = fetch(`${url}/slow`)
    await pause(100)
    const pids = await answeringPids(url, 6)
    for (const pid of pids) process.kill(Number(pid), 'SIGTERM')
    expect(await (await slow).text()).toBe('slow')
    await program.line(/worker-crashed.*ended: (exit code 0)/)
  })

  test('stop when the first process is gone', async () => {
    await using program = startProgram(two)
    const pids = await answeringPids(await urlOf(program), 12)
    program.process.kill('SIGKILL')
    await program.ended()
    await expect.poll(() => [...pids].filter(isAlive), { timeout: 5000 }).toEqual([])
  })

  test('are replaced one after the other without a failed request', async () => {
    await using program = startProgram(three)
    const url = await urlOf(program)
    const before = await answeringPids(url, 12)
    const load = keepAsking(url)
    program.process.send('reload')
    await program.line(/(done: reloaded)/)
    expect(await load.done()).toBe(0)
    const after = await answeringPids(url, 12)
    expect([after.size, [...after].filter((pid) => before.has(pid))]).toEqual([3, []])
    program.process.send('pids')
    expect(new Set((await program.line(/pids (.*)/)).split(' '))).toEqual(after)
  })

  test('are replaced on SIGUSR2', async () => {
    await using program = startProgram(two)
    const url = await urlOf(program)
    const before = await answeringPids(url, 12)
    program.process.kill('SIGUSR2')
    await program.line(/(server.reloaded)/)
    await expectReplaced(url, 2, before)
  })

  test('go on when their successors do not come to listen', async () => {
    const obstacle = join(folder, 'obstacle')
    await using program = startProgram(two, obstacle)
    const url = await urlOf(program)
    const before = await answeringPids(url, 12)
    writeFileSync(obstacle, '')
    program.process.send('reload')
    await program.line(/(not reloaded: .*it ended: exit code 7)/)
    expect(await answeringPids(url, 12)).toEqual(before)
  })

  test('that never listen make the start fail with the reason', async () => {
    await using taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => void taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    await using program = startProgram({ port, workers: 2 })
    expect(await program.line(/failed: (Expected all.*)/)).toMatch(
      new RegExp(`3 ended before: .*127.0.0.1:${port}: another process listens there`),
    )
    expect(await program.ended()).toBe(1)
  })

  test('share a Unix socket that somebody left behind', async () => {
    const path = join(folder, 'app.sock')
    const options = { path, mode: 0o600, workers: 2 }
    const killed = startProgram(options)
    await urlOf(killed)
    await killed[Symbol.asyncDispose]()
    await using program = startProgram(options)
    expect(await urlOf(program)).toBe(`unix:${path}`)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: path, path: '/' }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  })

  test('read their certificates again, all or with an error', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const write = (certificate: { cert: string; key: string }): void => {
      writeFileSync(cert, certificate.cert)
      writeFileSync(key, certificate.key)
    }
    write(makeCertificate('one.example'))
    await using program = startProgram({ port: 0, workers: 2, tls: { cert, key } })
    const port = Number(new URL(await urlOf(program)).port)
    const shown = (): Promise<string[]> => Promise.all([1, 2, 3, 4].map(() => shownAt(port)))
    expect(new Set(await shown())).toEqual(new Set(['one.example']))
    write(makeCertificate('two.example'))
    program.process.send('reload-tls')
    await program.line(/(done: tls reloaded)/)
    expect(new Set(await shown())).toEqual(new Set(['two.example']))
    writeFileSync(cert, 'nonsense')
    program.process.send('reload-tls')
    expect(await program.line(/not tls reloaded: (.*)/)).toMatch(/tls: expected a certificate and its key/)
    expect(new Set(await shown())).toEqual(new Set(['two.example']))
  })

  test('may start programs of their own that serve', async () => {
    await using program = startProgram(two)
    expect(await (await fetch(`${await urlOf(program)}/child`)).text()).toMatch(/^role single\n/)
  })
})

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}
