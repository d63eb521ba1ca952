import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Program } from './program.ts'

const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const hasRedis = await isReachable(redisUrl)
if (!hasRedis) {
  const line = `No Redis at ${redisUrl}: start one with redis-server --port 6379`
  if (process.env['CI'] !== undefined) throw new Error(line)
  console.warn(line)
}

function isReachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** A runtime that runs the fixture with an environment. */
export interface StoresSubject {
  start(env: Readonly<Record<string, string>>): Promise<Program>
  run(env: Readonly<Record<string, string>>): Program
  /** A folder that the fixture may read and write. */
  folder(): string
}

/** Which stores an environment chooses. */
export function describeStores(subject: StoresSubject): void {
  describe('stores', () => {
    it('keeps a database in the file that DATABASE_URL names, over a restart', async () => {
      const path = join(subject.folder(), 'deep/er/app.db')
      const env = { DATABASE_URL: `file:${path}` }
      {
        await using program = await subject.start(env)
        expect(await countNotes(program)).toEqual({ count: 1, text: 'ü' })
        expect(await countNotes(program)).toEqual({ count: 2, text: 'ü' })
        await program.line(/(Database: \S*deep\/er\/app.db)"/)
        program.kill('SIGTERM')
        expect(await program.ended()).toBe(0)
      }
      expect(existsSync(path)).toBe(true)
      await using again = await subject.start(env)
      expect(await countNotes(again)).toEqual({ count: 3, text: 'ü' })
    })

    it('keeps a database in memory, and says what is lost', async () => {
      await using program = await subject.start({ DATABASE_URL: ':memory:' })
      expect(await countNotes(program)).toEqual({ count: 1, text: 'ü' })
      await program.line(
        /Database: memory; its data is lost when the process ends, (set DATABASE_URL to keep it)/,
      )
    })

    it('tells what it has chosen, without a password', async () => {
      await using program = await subject.start({
        DATABASE_URL: 'libsql://user:hidden@db.example/x?authToken=hidden',
        REDIS_URL: 'redis://:hidden@127.0.0.1:6379/3',
      })
      const text = await (await fetch(`${program.url}/stores`)).text()
      expect(text).not.toContain('hidden')
      expect(JSON.parse(text)).toEqual([
        {
          role: 'sql',
          store: 'libsql',
          source: 'DATABASE_URL',
          location: 'libsql://db.example',
          volatile: false,
        },
        {
          role: 'keyValue',
          store: 'redis',
          source: 'REDIS_URL',
          location: 'redis://127.0.0.1:6379',
          volatile: false,
        },
        {
          role: 'pubSub',
          store: 'redis',
          source: 'REDIS_URL',
          location: 'redis://127.0.0.1:6379',
          volatile: false,
        },
      ])
    })

    it('refuses a scheme that it does not know, without showing the value', async () => {
      await using program = subject.run({ DATABASE_URL: 'oracle://user:hidden@host/db' })
      expect(await program.ended()).toBe(2)
      expect(program.said()).toContain('Expected DATABASE_URL with one of the schemes file:, libsql:')
      expect(program.said()).not.toContain('hidden')
    })

    it.skipIf(!hasRedis)('counts in Redis', async () => {
      await using program = await subject.start({ REDIS_URL: redisUrl })
      const key = `${process.pid}-${Date.now()}`
      expect(await (await fetch(`${program.url}/count/${key}`)).json()).toEqual({ value: 1 })
      expect(await (await fetch(`${program.url}/count/${key}`)).json()).toEqual({ value: 2 })
    })

    it('tells when Redis cannot be reached', async () => {
      await using without = await subject.start({ REDIS_URL: 'redis://:hidden@127.0.0.1:1' })
      expect((await fetch(`${without.url}/count/a`)).status).toBe(503)
      await without.line(/(Expected to reach Redis at redis:\/\/127.0.0.1:1;)/)
      expect(without.said()).not.toContain('hidden')
    })

    it('counts in memory when nothing is configured', async () => {
      await using program = await subject.start({})
      expect(await (await fetch(`${program.url}/count/a`)).json()).toEqual({ value: 1 })
      await program.line(/(Key-value store: memory; its data is lost when the process ends)/)
    })
  })
}

async function countNotes(program: Program): Promise<unknown> {
  return (await fetch(`${program.url}/db`)).json()
}
