import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import type { Result } from './http.ts'
import { cases, measureHttp } from './http.ts'
import { measureHttp2 } from './http2.ts'
import { measureMemory } from './memory.ts'
import { measureRouters } from './router/run.ts'
import type { Figure } from './startup.ts'
import { measureHello, measureProcessStart } from './startup.ts'

// npm run bench            the whole table, some minutes
// npm run bench -- quick   fewer rounds, for a first look; writes nothing

const quick = process.argv.includes('quick')
const frameworks = ['rockstar', 'hono', 'fastify', 'h3', 'elysia']
const packages = ['hono', '@hono/node-server', 'fastify', 'h3', 'srvx', 'elysia', '@elysiajs/node']

const http = await measureHttp(frameworks, quick ? 3 : 9, quick ? 3000 : 10_000)
const http2 = await measureHttp2(quick ? 3 : 7, quick ? 2000 : 6000)
const figures: Figure[] = [
  ...measureRouters(),
  ...(await measureHello(quick ? 3 : 15)),
  ...(await measureProcessStart(quick ? 3 : 15)),
  ...(await measureMemory(quick ? 10_000 : 100_000, quick ? 30_000 : 1_000_000)),
]
const report = [machine(), httpTable(http), http2Table(http2), figureTable(figures)].join('\n\n')
console.log(report)
if (!quick) writeReport()
process.exit(0)

/** Puts the tables where the documentation shows them. */
function writeReport(): void {
  const page = new URL('../docs/performance.md', import.meta.url)
  const [head = '', rest = ''] = readFileSync(page, 'utf8').split('<!-- results -->')
  const tail = rest.slice(rest.indexOf('<!-- /results -->'))
  writeFileSync(page, `${head}<!-- results -->\n\n${report}\n\n${tail}`)
}

function machine(): string {
  const require = createRequire(import.meta.url)
  const versions = packages.map((name) => `${name} ${versionOf(require, name)}`).join(', ')
  const model = cpus()[0]?.model ?? 'unknown processor'
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version} on ${process.platform} ${process.arch},`,
    `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB; servers pinned to one core.`,
    `Beside: ${versions}.`,
  ].join('\n')
}

function versionOf(require: NodeJS.Require, name: string): string {
  const root = require.resolve.paths(name)?.[0] ?? ''
  const manifest: { version: string } = require(`${root}/${name}/package.json`)
  return manifest.version
}

function httpTable(table: ReadonlyMap<string, readonly Result[]>): string {
  const head = `| CPU per request, raw node:http = 1 | at most | aim | ${frameworks.join(' | ')} |`
  const rows = cases.map(({ name, atMost, aim }) => {
    const cells = (table.get(name) ?? []).map(cell).join(' | ')
    return `| ${name} | ${atMost.toFixed(2)} | ${aim.toFixed(2)} | ${cells} |`
  })
  return [head, `|${' --- |'.repeat(frameworks.length + 3)}`, ...rows].join('\n')
}

function http2Table(table: ReadonlyMap<string, readonly Result[]>): string {
  const rows = [...table].map(
    ([name, [row]]) => `| ${name} | 0.92 | 0.78 | ${row === undefined ? '' : cell(row)} |`,
  )
  return ['| CPU per request | at most | aim | rockstar |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function figureTable(rows: readonly Figure[]): string {
  const lines = rows.map(
    ({ name, value, spread }) => `| ${name} | ${round(value)}${spread > 0 ? ` ± ${round(spread)}` : ''} |`,
  )
  return ['| figure | value |', '| --- | --- |', ...lines].join('\n')
}

function cell({ ratio, spread, microsPerRequest }: Result): string {
  return `${ratio.toFixed(2)} ± ${spread.toFixed(2)} (${microsPerRequest.toFixed(1)} µs)`
}

function round(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}
