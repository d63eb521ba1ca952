import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let folder: string
let url: string
let stop: () => Promise<void> = async () => undefined

/** Starts `wrangler dev` in a group of its own, because it starts processes itself. */
async function startWrangler(): Promise<string> {
  const args = ['wrangler', 'dev', '--port', '0', '--inspector-port', '0', '--persist-to', folder]
  const child = spawn('node', ['tools/node.mjs', ...args, '--show-interactive-dev-session=false'], {
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const exited = once(child, 'exit')
  stop = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await exited
  }
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const port = /Ready on http:\/\/[^\s:]+:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`wrangler ended with ${code}: ${output}`)))
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-wrangler-'))
  url = await startWrangler()
}, 60_000)
afterAll(async () => {
  await stop()
  await rm(folder, { recursive: true, force: true })
})

describe('examples/notes with wrangler dev', () => {
  test('migrates D1 with its first request, and serves pages, assets and the API', async () => {
    const pages = await Promise.all([fetch(`${url}/`), fetch(`${url}/health`), fetch(`${url}/api/notes`)])
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await pages[0]?.text()).toContain('Nothing here yet')
    const style = await fetch(`${url}/assets/style.css`)
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])

    const made = await fetch(`${url}/notes`, {
      method: 'POST',
      body: new URLSearchParams({ title: '<b>bold</b>', body: 'a\r\nb' }),
      redirect: 'manual',
    })
    expect([made.status, made.headers.get('location')]).toEqual([303, '/'])
    expect(await (await fetch(`${url}/`)).text()).toContain('&lt;b&gt;bold&lt;/b&gt;')
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ title: 'changed' })
    const changed = await fetch(`${url}/api/notes/1`, { method: 'PATCH', headers, body })
    expect(await changed.json()).toMatchObject({ id: 1, title: 'changed', body: 'a\nb' })
    expect((await fetch(`${url}/api/notes/1`, { method: 'DELETE' })).status).toBe(204)
    expect((await fetch(`${url}/api/notes/1`)).status).toBe(404)
  })

  test('does not migrate again after a restart, and keeps its notes', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ title: 'stays' })
    expect((await fetch(`${url}/api/notes`, { method: 'POST', headers, body })).status).toBe(201)
    await stop()
    url = await startWrangler()
    expect(await (await fetch(`${url}/api/notes`)).json()).toMatchObject({ notes: [{ title: 'stays' }] })
  }, 60_000)
})
