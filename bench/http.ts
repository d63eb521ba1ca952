import type { Load } from './load.ts'
import { sendLoad } from './load.ts'
import { median, spread } from './numbers.ts'
import { startServer } from './server-process.ts'

/** One row of the table: what is asked, and how much CPU of a raw server it may take. */
export interface Case {
  readonly name: string
  readonly request: string
  /** The bound for the product, as a ratio to raw; and what it aims at. */
  readonly atMost: number
  readonly aim: number
}

/** What one framework took in one case: CPU relative to the raw server of the same round. */
export interface Result {
  readonly framework: string
  readonly ratio: number
  /** Half of the range between the quartiles. */
  readonly spread: number
  readonly microsPerRequest: number
}

const host = 'host: 127.0.0.1\r\n'
const body = JSON.stringify({ text: 'x'.repeat(1000), number: 42 })
const post = `POST /echo HTTP/1.1\r\n${host}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

/** The cases of the table. */
export const cases: readonly Case[] = [
  { name: 'GET text', request: get('/text'), atMost: 1.15, aim: 1.06 },
  { name: 'GET JSON', request: get('/json'), atMost: 1.15, aim: 1.06 },
  { name: 'GET /users/:id?q=', request: get('/users/1234?q=rock'), atMost: 1.15, aim: 1.08 },
  { name: 'POST 1 kB JSON echo', request: post, atMost: 1.2, aim: 1.1 },
  { name: 'GET text, 3 async middlewares', request: get('/mw/text'), atMost: 1.3, aim: 1.18 },
  { name: 'GET JSON, 3 async middlewares', request: get('/mw/json'), atMost: 1.3, aim: 1.18 },
  { name: 'handler returns new Response()', request: get('/native'), atMost: 2.6, aim: 1.2 },
]

/** Runs every framework in every case, in turn within each round, so that noise hits all alike. */
export async function measureHttp(
  frameworks: readonly string[],
  rounds: number,
  count: number,
): Promise<Map<string, Result[]>> {
  const servers = await Promise.all(
    ['raw', ...frameworks].map((name, index) => startServer(name, 4100 + index)),
  )
  const table = new Map<string, Result[]>()
  try {
    for (const one of cases) {
      const micros = new Map<string, number[]>(servers.map(({ name }) => [name, []]))
      for (let round = -1; round < rounds; round++) {
        for (const server of servers) {
          const load: Load = { port: server.port, request: one.request, count, connections: 32 }
          const before = await server.read()
          await sendLoad(load)
          const after = await server.read()
          // The first round warms up.
          if (round >= 0) micros.get(server.name)?.push((after.cpuMicros - before.cpuMicros) / count)
        }
      }
      table.set(
        one.name,
        frameworks.map((name) => compare(name, micros)),
      )
    }
  } finally {
    for (const server of servers) server.stop()
  }
  return table
}

function compare(framework: string, micros: ReadonlyMap<string, number[]>): Result {
  const own = micros.get(framework) ?? []
  const raw = micros.get('raw') ?? []
  const ratios = own.map((value, round) => value / (raw[round] ?? Number.NaN))
  return { framework, ratio: median(ratios), spread: spread(ratios), microsPerRequest: median(own) }
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\n${host}accept: */*\r\nuser-agent: bench\r\n\r\n`
}
