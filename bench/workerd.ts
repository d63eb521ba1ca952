// node tools/node.mjs ./bench/workerd.ts [rounds]: requests per second of workerd, ours beside a raw worker and Hono.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { sendLoad } from './load.ts'
import { median, spread } from './numbers.ts'

// The program itself: npm's script before it passes no signals on.
const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string }
const rounds = Number(process.argv[2] ?? 9)
const count = 15_000

const routes =
  "get('/', (ctx) => ctx.text('Hello, World!')).get('/json', (ctx) => ctx.json({ hello: 'world' }))"
const subjects = {
  raw: `export default {
    fetch(request) {
      if (request.url.endsWith('/json'))
        return new Response('{"hello":"world"}', { headers: { 'content-type': 'application/json' } })
      return new Response('Hello, World!')
    },
  }`,
  rockstar: `import { createApp } from 'rockstar-web'
    import { worker } from 'rockstar-web/cloudflare'
    export default worker(createApp().${routes})`,
  core: `import { createApp } from 'rockstar-web/core'
    import { worker } from 'rockstar-web/cloudflare'
    export default worker(createApp().${routes})`,
  hono: `import { Hono } from 'hono'
    export default new Hono().${routes}`,
}

const folder = mkdtempSync(join(tmpdir(), 'rockstar-workerd-'))
const running = await Promise.all(
  Object.entries(subjects).map(([name, source], index) => start(name, source, 4710 + index)),
)
try {
  for (const path of ['/', '/json']) {
    const rates = new Map<string, number[]>(running.map(({ name }) => [name, []]))
    for (let round = -1; round < rounds; round++) {
      for (const { name, port } of running) {
        const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
        const begun = performance.now()
        await sendLoad({ port, request, count, connections: 16 })
        // The first round warms up.
        if (round >= 0) rates.get(name)?.push(count / (performance.now() - begun))
      }
    }
    const raw = rates.get('raw') ?? []
    console.log(`GET ${path}`)
    for (const [name, values] of rates) {
      const ratios = values.map((value, index) => value / (raw[index] ?? Number.NaN))
      const rate = median(values).toFixed(1)
      console.log(
        `  ${name.padEnd(9)} ${median(ratios).toFixed(3)} ± ${spread(ratios).toFixed(3)} of raw, ${rate}k requests/s`,
      )
    }
  }
} finally {
  for (const { child } of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

async function start(name: string, source: string, port: number) {
  const result = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'cloudflare:*'],
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  })
  writeFileSync(join(folder, `${name}.mjs`), result.outputFiles[0]?.text ?? '')
  const config = join(folder, `${name}.capnp`)
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "${name}.mjs")],
    compatibilityDate = "2026-07-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  )
  const child = spawn(workerd, ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] })
  await listening(port)
  return { name, port, child }
}

async function listening(port: number): Promise<void> {
  const until = Date.now() + 10_000
  while (Date.now() < until) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('close', () => undefined)
      setTimeout(() => socket.destroy(), 50)
    })
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`Expected workerd to listen on port ${port}`)
}
