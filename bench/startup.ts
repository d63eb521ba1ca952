import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { median, spread } from './numbers.ts'

/** A figure with half of its interquartile range. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly spread: number
}

/** Milliseconds from the start of the process to the end of its first response: raw, and ours less raw of the same round. */
export async function measureProcessStart(rounds: number): Promise<Figure[]> {
  const raw: number[] = []
  const behind: number[] = []
  for (let round = 0; round < rounds; round++) {
    const one = await firstResponse('raw', 4301)
    const two = await firstResponse('rockstar', 4302)
    raw.push(one)
    behind.push(two - one)
  }
  return [
    figure('process start to first response, raw node:http (ms)', raw),
    figure('the same, Rockstar behind raw (ms)', behind),
  ]
}

/** Import and first fetch of a bundled hello, ours beside Hono's tiny preset, in milliseconds; and the bundles' size. */
export async function measureHello(rounds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rockstar-bench-'))
  try {
    const core = await bundle('core-entry', folder)
    const hono = await bundle('hono-entry', folder)
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      times[0].push(firstFetch(core.file))
      times[1].push(firstFetch(hono.file))
    }
    return [
      { name: 'hello through ./core, minified and gzipped (bytes)', value: core.bytes, spread: 0 },
      { name: 'hello through hono/tiny, minified and gzipped (bytes)', value: hono.bytes, spread: 0 },
      figure('import and first fetch, Rockstar ./core (ms)', times[0]),
      figure('import and first fetch, hono/tiny (ms)', times[1]),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function bundle(name: string, folder: string): Promise<{ file: string; bytes: number }> {
  const entry = fileURLToPath(new URL(`startup/${name}.mjs`, import.meta.url))
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    target: 'es2022',
  })
  const code = result.outputFiles[0]?.contents ?? new Uint8Array()
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, code)
  return { file, bytes: gzipSync(code, { level: 9 }).length }
}

function firstFetch(file: string): number {
  const script = fileURLToPath(new URL('startup/first-fetch.mjs', import.meta.url))
  const { stdout, status, stderr } = spawnSync(process.execPath, [script, file], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  if (status !== 0) throw new Error(stderr)
  return Number(stdout)
}

async function firstResponse(name: string, port: number): Promise<number> {
  const file = fileURLToPath(new URL(`startup/${name}.mjs`, import.meta.url))
  const began = performance.now()
  const child = spawn(process.execPath, [file, String(port)], {
    stdio: 'ignore',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  try {
    while (performance.now() - began < 10_000) {
      if (await tryRequest(port)) return performance.now() - began
    }
    throw new Error(`Expected ${name} to answer within 10 s`)
  } finally {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
  }
}

function tryRequest(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => setTimeout(resolve, 0.2, false))
    socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'))
    socket.on('data', (chunk) => {
      socket.destroy()
      resolve(chunk.toString('latin1').startsWith('HTTP/1.1 200'))
    })
  })
}

function figure(name: string, values: readonly number[]): Figure {
  return { name, value: median(values), spread: spread(values) }
}
