import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { median, spread } from './numbers.ts'

// node tools/node.mjs bench/lambda.ts           own work for each event, and cold start
// node tools/node.mjs bench/lambda.ts quick     fewer rounds

/** What the adapter may add to an event at the median, in microseconds. */
const atMostMicros = 100
const quick = process.argv.includes('quick')
const [rounds, starts] = quick ? [3, 5] : [15, 25]
const root = fileURLToPath(new URL('..', import.meta.url))
const kinds = ['rest', 'http', 'url', 'alb', 'post', 'native']

mkdirSync(join(root, '.scratch'), { recursive: true })
const folder = mkdtempSync(join(root, '.scratch', 'bench-lambda-'))
try {
  const lambda = await bundle('lambda')
  const natives = await bundle('lambda-natives')
  console.log('| event | at most (µs) | handler (µs) | app.fetch alone (µs) | adapter (µs) |')
  console.log('| --- | --- | --- | --- | --- |')
  for (const kind of kinds) {
    const whole: number[] = []
    const alone: number[] = []
    for (let round = 0; round < rounds; round++) {
      const { handlerMicros, fetchMicros } = run('lambda-events.mjs', lambda, kind)
      whole.push(handlerMicros ?? 0)
      alone.push(fetchMicros ?? 0)
    }
    const own = whole.map((micros, index) => micros - (alone[index] ?? 0))
    console.log(`| ${kind} | ${atMostMicros} | ${cell(whole)} | ${cell(alone)} | ${cell(own)} |`)
    if (median(own) > atMostMicros) process.exitCode = 1
  }
  console.log('\n| cold start | import (ms) | first event (ms) | both (ms) |\n| --- | --- | --- | --- |')
  const files = [
    ['as it is', lambda],
    ['with the Fetch API of Node', natives],
  ] as const
  const times = files.map(() => ({ imports: [] as number[], firsts: [] as number[] }))
  // In turn, so that noise hits both alike.
  for (let start = 0; start < starts; start++) {
    for (const [index, [, file]] of files.entries()) {
      const { importMs, firstMs } = run('lambda-cold.mjs', file)
      times[index]?.imports.push(importMs ?? 0)
      times[index]?.firsts.push(firstMs ?? 0)
    }
  }
  for (const [index, [name]] of files.entries()) {
    const { imports, firsts } = times[index] ?? { imports: [], firsts: [] }
    const both = imports.map((ms, at) => ms + (firsts[at] ?? 0))
    console.log(`| ${name} | ${cell(imports)} | ${cell(firsts)} | ${cell(both)} |`)
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** Bundles an entry as a user's bundler does. */
async function bundle(name: string): Promise<string> {
  const outfile = resolve(folder, `${name}.mjs`)
  const result = await build({
    entryPoints: [join(root, 'bench', 'servers', `${name}.ts`)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    write: false,
  })
  writeFileSync(outfile, result.outputFiles[0]?.contents ?? new Uint8Array())
  return outfile
}

/** Runs a script in a process of its own and reads the JSON that it prints. */
function run(script: string, ...args: string[]): Record<string, number> {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL(`startup/${script}`, import.meta.url)), ...args],
    { encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_ENV: 'production' } },
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function cell(values: readonly number[]): string {
  return `${median(values).toFixed(1)} ± ${spread(values).toFixed(1)}`
}
