import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'

let child: ChildProcess | null = null

afterEach(async () => {
  if (child !== null && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  child = null
})

/** Starts the fixture with three workers; resolves to its URL and a way to wait for its lines. */
async function start(
  mode: string,
): Promise<{ url: string; process: ChildProcess; line(pattern: RegExp): Promise<string> }> {
  const started = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/adapters/node/serve/prefork-fixture.ts', mode],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  child = started
  let output = ''
  const waiting = new Set<() => void>()
  const read = (chunk: Buffer): void => {
    output += chunk.toString()
    for (const check of waiting) check()
  }
  started.stdout?.on('data', read)
  started.stderr?.on('data', read)
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`No line like ${String(pattern)} in:\n${output}`)),
        15_000,
      )
      const check = (): void => {
        const found = pattern.exec(output)
        if (found === null) return
        clearTimeout(timer)
        waiting.delete(check)
        resolve(found[1] ?? '')
      }
      waiting.add(check)
      check()
    })
  return { url: mode === 'crash' ? '' : await line(/listening on (\S+)/), process: started, line }
}

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

describe('workers', () => {
  test('share a port; one that is killed is replaced; SIGTERM drains all', async () => {
    const server = await start('serve')
    const before = await answeringPids(server.url, 12)
    expect(before.size).toBe(3)
    expect(before.has(String(server.process.pid))).toBe(false)
    const [victim = ''] = before
    process.kill(Number(victim), 'SIGKILL')
    await server.line(/worker-crashed/)
    let after = new Set<string>()
    for (let round = 0; round < 40 && (after.size < 3 || after.has(victim)); round++) {
      after = await answeringPids(server.url, 6)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect([after.size, after.has(victim)]).toEqual([3, false])

    const slow = fetch(`${server.url}/slow`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    server.process.kill('SIGTERM')
    expect(await (await slow).text()).toBe('slow')
    const [code] = (await once(server.process, 'exit')) as [number]
    expect(code).toBe(0)
  })

  test('are replaced one after the other without a failed request', async () => {
    const server = await start('serve')
    const before = await answeringPids(server.url, 12)
    let failed = 0
    let going = true
    const load = (async (): Promise<void> => {
      while (going) {
        const response = await fetch(server.url, { headers: { connection: 'close' } }).catch(() => null)
        if (response?.status !== 200) failed++
        await response?.text()
      }
    })()
    server.process.send('reload')
    await server.line(/(reloaded)/)
    going = false
    await load
    const after = await answeringPids(server.url, 12)
    expect([failed, after.size, [...after].filter((pid) => before.has(pid))]).toEqual([0, 3, []])
  })

  test('that never listen make the start fail with the reason', async () => {
    const server = await start('crash')
    expect(await server.line(/failed: (.*)/)).toMatch(
      /Expected a worker to listen, 3 ended before: exit code 7/,
    )
  })
})
