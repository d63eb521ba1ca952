import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder = ''
let child: ChildProcess | null = null

/** Starts the example as `npm start` does; resolves to the URL that it prints. */
async function start(): Promise<string> {
  const started = spawn(process.execPath, ['tools/node.mjs', 'examples/notes/server.ts'], {
    env: {
      ...process.env,
      PORT: '0',
      DATABASE_URL: `file:${join(folder, 'notes.db')}`,
      NODE_ENV: 'production',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  child = started
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const found = /Pages\s+(http:\/\/[^/\s]+)\//.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    started.stdout.on('data', read)
    started.stderr.on('data', read)
    started.once('exit', (code) => reject(new Error(`The example ended with ${code}: ${output}`)))
  })
  return url
}

/** Ends the launcher and the example below it. */
async function end(signal: NodeJS.Signals): Promise<number | null> {
  const ended = child
  child = null
  if (ended?.pid === undefined || ended.exitCode !== null) return null
  const exited = once(ended, 'exit')
  process.kill(-ended.pid, signal)
  const [code] = (await exited) as [number | null]
  return code
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rockstar-notes-'))
})
afterEach(async () => {
  await end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

describe('examples/notes', () => {
  test('migrates, serves pages, assets and the API, and drains on SIGTERM', async () => {
    const url = await start()
    const page = await fetch(`${url}/`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain('Nothing here yet')
    const style = await fetch(`${url}/assets/style.css`)
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])

    const made = await fetch(`${url}/notes`, {
      method: 'POST',
      body: new URLSearchParams({ title: '<b>bold</b>', body: 'a\r\nb' }),
      redirect: 'manual',
    })
    expect([made.status, made.headers.get('location')]).toEqual([303, '/'])
    expect(await (await fetch(`${url}/`)).text()).toContain('&lt;b&gt;bold&lt;/b&gt;')

    const refused = await fetch(`${url}/notes`, { method: 'POST', body: new URLSearchParams({ title: ' ' }) })
    expect([refused.status, await refused.text()]).toEqual([
      422,
      expect.stringContaining('A title is needed'),
    ])
    const foreign = await fetch(`${url}/notes`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ title: 'x' }),
    })
    expect(foreign.status).toBe(403)

    const note = (await (await fetch(`${url}/api/notes/1`)).json()) as {
      title: string
      body: string
      done: boolean
    }
    expect(note).toMatchObject({ title: '<b>bold</b>', body: 'a\nb', done: false })
    const json = { 'content-type': 'application/json' }
    const changed = await fetch(`${url}/api/notes/1`, {
      method: 'PATCH',
      headers: json,
      body: '{"done":true}',
    })
    expect(await changed.json()).toMatchObject({ done: true, title: '<b>bold</b>' })
    expect(await (await fetch(`${url}/notes/1`)).text()).toContain('Not done')
    const invalid = await fetch(`${url}/api/notes`, { method: 'POST', headers: json, body: '{"title":""}' })
    expect(await invalid.json()).toMatchObject({ status: 422, errors: [{ pointer: '/title' }] })
    expect((await fetch(`${url}/api/notes/1`, { method: 'DELETE' })).status).toBe(204)
    expect((await fetch(`${url}/api/notes/1`, { method: 'DELETE' })).status).toBe(404)
    expect((await fetch(`${url}/notes/abc`)).status).toBe(404)
    expect((await fetch(`${url}/notes`, { method: 'PUT' })).headers.get('allow')).toBe('OPTIONS, POST')
    expect(await end('SIGTERM')).toBe(0)
  })

  test('keeps its notes over kill -9 and a restart', async () => {
    const before = await start()
    for (const title of ['one', 'two', 'three']) {
      const response = await fetch(`${before}/api/notes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title }),
      })
      expect(response.status).toBe(201)
    }
    await end('SIGKILL')
    const after = await start()
    const { notes } = (await (await fetch(`${after}/api/notes`)).json()) as { notes: { title: string }[] }
    expect(notes.map((note) => note.title)).toEqual(['three', 'two', 'one'])
  })
})
