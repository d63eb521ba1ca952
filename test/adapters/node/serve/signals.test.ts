import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeCertificate, shownAt } from './certificates.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'rockstar-signals-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const urlOf = (program: Program): Promise<string> => program.line(/listening on (\S+)/)

describe('a program that serves', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('lets a request end on %s, and exits with 0', async (signal) => {
    await using program = startProgram({ port: 0 })
    const slow = fetch(`${await urlOf(program)}/slow`)
    await pause(100)
    program.process.kill(signal)
    expect(await (await slow).text()).toBe('slow')
    expect(await program.ended()).toBe(0)
    expect(program.said()).toMatch(/1 requests finished, 0 cut/)
  })

  test('exits with 1 when a request had to be cut', async () => {
    await using program = startProgram({ port: 0, graceMs: 100 })
    const stuck = fetch(`${await urlOf(program)}/stuck`).catch(() => 'cut')
    await pause(100)
    program.process.kill('SIGTERM')
    expect(await stuck).toBe('cut')
    expect(await program.ended()).toBe(1)
    expect(program.said()).toMatch(/0 requests finished, 1 cut/)
  })

  test('exits at once on a second signal', async () => {
    await using program = startProgram({ port: 0, graceMs: 60_000 })
    const stuck = fetch(`${await urlOf(program)}/stuck`).catch(() => 'cut')
    await pause(100)
    program.process.kill('SIGTERM')
    await program.line(/(server.draining)/)
    program.process.kill('SIGINT')
    expect(await program.ended()).toBe(1)
    expect(await stuck).toBe('cut')
  })

  test('still takes requests for the delay of a drain', async () => {
    await using program = startProgram({ port: 0, drainDelayMs: 300 })
    const url = await urlOf(program)
    program.process.kill('SIGTERM')
    await program.line(/(server.draining)/)
    expect((await fetch(url, { headers: { connection: 'close' } })).status).toBe(200)
    expect(await program.ended()).toBe(0)
  })

  test('leaves signals alone when told so', async () => {
    await using program = startProgram({ port: 0, signals: false })
    await urlOf(program)
    program.process.kill('SIGTERM')
    expect(await program.ended()).toBe('SIGTERM')
  })

  test('leaves SIGHUP its meaning when there is no certificate', async () => {
    await using program = startProgram({ port: 0 })
    await urlOf(program)
    program.process.kill('SIGHUP')
    expect(await program.ended()).toBe('SIGHUP')
  })

  test('reads its certificates again on SIGHUP, and keeps them when they are wrong', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const write = (certificate: { cert: string; key: string }): void => {
      writeFileSync(cert, certificate.cert)
      writeFileSync(key, certificate.key)
    }
    write(makeCertificate('one.example'))
    await using program = startProgram({ port: 0, tls: { cert, key } })
    const port = Number(new URL(await urlOf(program)).port)
    expect(await shownAt(port)).toBe('one.example')
    write(makeCertificate('two.example'))
    program.process.kill('SIGHUP')
    await program.line(/(server.tls-reloaded)/)
    expect(await shownAt(port)).toBe('two.example')
    writeFileSync(key, 'nonsense')
    program.process.kill('SIGHUP')
    await program.line(/(server.tls-kept)/)
    expect(await shownAt(port)).toBe('two.example')
  })

  test('ends by itself after close(), with no listener left', async () => {
    await using program = startProgram({ port: 0 }, '', 'role')
    expect(await program.ended()).toBe(0)
    expect(program.said()).toContain('left 0 0 stopped')
  })
})
