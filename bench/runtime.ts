import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { cases } from './http.ts'
import { sendLoad } from './load.ts'
import { median, spread } from './numbers.ts'

/** A runtime that a bundled server runs on. */
export interface Runtime {
  readonly name: 'deno' | 'bun'
  /** The program and its arguments, before those of the server. */
  readonly command: readonly string[]
}

/** Of a body that does not come with the head Deno 2.9.5 closes the connection, so that this one is short. */
const shortBody = JSON.stringify({ text: 'x'.repeat(200), number: 42 })
const shortPost = {
  name: 'POST short JSON echo',
  request: `POST /echo HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${shortBody.length}\r\n\r\n${shortBody}`,
}

interface Server {
  readonly name: string
  readonly port: number
  /** CPU time of all threads of the process, in microseconds. */
  cpuMicros(): number
  stop(): void
}

const root = fileURLToPath(new URL('..', import.meta.url))
/** An answer is at most this much more work than that of the runtime's own `serve`. */
const atMost = 1.15

/** Measures an app on our adapter against the runtime's own `serve`, and prints a row for each case. */
export async function benchRuntime(runtime: Runtime): Promise<void> {
  const [quick, only = ''] = [process.argv.includes('quick'), process.argv.at(2)?.replace('quick', '')]
  const [rounds, count] = quick ? [4, 5000] : [12, 20_000]
  const servers = await Promise.all(
    ['raw', 'rockstar'].map((name, index) => startServer(runtime, name, 4300 + index)),
  )
  console.log(
    `| CPU per request, ${runtime.name} serve = 1 | at most | rockstar | raw |\n| --- | --- | --- | --- |`,
  )
  try {
    for (const { name, request } of [...cases.filter(isComparable), shortPost].filter(({ name }) =>
      name.includes(only),
    )) {
      const micros = new Map<string, number[]>()
      for (let round = -1; round < rounds; round++) {
        // In turn within each round, and the other way round in the next, so that noise hits both alike.
        for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
          const before = server.cpuMicros()
          await sendLoad({ port: server.port, request, count, connections: 32 })
          // The first round warms up.
          if (round >= 0)
            micros.set(server.name, [
              ...(micros.get(server.name) ?? []),
              (server.cpuMicros() - before) / count,
            ])
        }
      }
      const raw = micros.get('raw') ?? []
      const own = micros.get('rockstar') ?? []
      const ratios = own.map((value, round) => value / (raw[round] ?? Number.NaN))
      const ratio = `${median(ratios).toFixed(2)} ± ${spread(ratios).toFixed(2)}`
      console.log(
        `| ${name} | ${atMost} | ${ratio} (${median(own).toFixed(1)} µs) | ${median(raw).toFixed(1)} µs |`,
      )
    }
  } finally {
    for (const server of servers) server.stop()
  }
}

function isComparable({ name }: { readonly name: string }): boolean {
  return !name.includes('middleware') && !name.startsWith('POST')
}

/** Bundles `servers/<runtime>-<name>.ts` of the sources and starts it, pinned to one core. */
async function startServer(runtime: Runtime, name: string, port: number): Promise<Server> {
  const folder = `${root}.scratch/bench`
  mkdirSync(folder, { recursive: true })
  const outfile = `${folder}/${runtime.name}-${name}.mjs`
  await build({
    entryPoints: [`${root}bench/servers/${runtime.name}-${name}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*', 'bun:*', '@libsql/*'],
    alias: {
      'rockstar-web': `${root}src/index.ts`,
      [`rockstar-web/${runtime.name}`]: `${root}adapters/${runtime.name}/index.ts`,
    },
    packages: 'bundle',
    logLevel: 'warning',
  })
  const pinned = process.platform === 'linux' ? ['taskset', '-c', '0'] : []
  const [command = '', ...args] = [...pinned, ...runtime.command, outfile, String(port)]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/text`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    name,
    port,
    cpuMicros: () => readCpuMicros(child.pid ?? 0),
    stop: () => void child.kill('SIGKILL'),
  }
}

/** Linux counts it to the nanosecond for each thread; a thread that has ended is lost, which these servers have none of. */
function readCpuMicros(pid: number): number {
  const nanos = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanos.reduce((sum, value) => sum + value, 0) / 1000
}
