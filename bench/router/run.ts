import { Memoirist } from 'memoirist'
import { addRoute, createRouter as createRou3, findRoute } from 'rou3'
import { createRouter } from '../../src/router/index.ts'
import { median, spread } from '../numbers.ts'
import type { Figure } from '../startup.ts'
import { requests, routes } from './routes.ts'

/** Finds one route; what it gives is used, so that no search can be optimised away. */
type Find = (method: string, path: string) => unknown

type Request = (typeof requests)[number]

const rounds = 40
const warmUp = 10
/** About so many matches a round. */
const matches = 60_000

/** Nanoseconds per match of each router, over every route of the table and a few misses, in turn within each round. */
export function measureRouters(): Figure[] {
  return measure(`one match among ${routes.length} routes`, requests)
}

function measure(what: string, asked: readonly Request[]): Figure[] {
  const candidates: Readonly<Record<string, Find>> = {
    rockstar: rockstar(),
    memoirist: memoirist(),
    rou3: rou3(),
  }
  const results = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, find] of Object.entries(candidates)) {
      const nanoseconds = time(find, fromWire(asked))
      if (round >= warmUp) results.get(name)?.push(nanoseconds)
    }
  }
  return [...results].map(([name, values]) => ({
    name: `${what}, ${name} (ns)`,
    value: median(values),
    spread: spread(values),
  }))
}

function time(find: Find, wire: readonly Request[]): number {
  let found = 0
  const began = process.hrtime.bigint()
  for (const [method, path] of wire) if (find(method, path) != null) found++
  const took = Number(process.hrtime.bigint() - began)
  if (found > wire.length) throw new Error('Expected no more matches than requests')
  return took / wire.length
}

/** The requests again and again, each path a new string as a socket gives it: to hash it is part of a lookup. */
function fromWire(asked: readonly Request[]): Request[] {
  const bytes = asked.map(([method, path]) => [method, Buffer.from(path)] as const)
  const repeats = Math.ceil(matches / asked.length)
  return Array.from({ length: repeats }).flatMap(() =>
    bytes.map(([method, path]) => [method, path.toString('latin1')] as const),
  )
}

if (process.argv[1]?.endsWith('router/run.ts') === true) {
  const figures = [
    ...measureRouters(),
    ...measure(
      'static routes',
      requests.filter((_, index) => routes[index]?.[1].includes(':') === false),
    ),
    ...measure(
      'routes with parameters',
      requests.filter((_, index) => routes[index]?.[1].includes(':') === true),
    ),
    ...measure(
      'misses',
      requests.map(([method, path]) => [method, `${path}/is/not/there/at/all`] as const),
    ),
  ]
  for (const { name, value, spread: half } of figures)
    console.log(`${name}: ${value.toFixed(0)} ± ${half.toFixed(0)}`)
}

function rockstar(): Find {
  const router = createRouter<string>({ trailingSlash: 'ignore' })
  for (const [method, pattern] of routes) router.add({ method, pattern, host: null, target: pattern })
  return (method, path) => router.find(method, null, path)
}

function memoirist(): Find {
  const router = new Memoirist<string>()
  for (const [method, pattern] of routes) router.add(method, pattern, pattern)
  return (method, path) => router.find(method, path)
}

function rou3(): Find {
  const router = createRou3<string>()
  for (const [method, pattern] of routes) addRoute(router, method, pattern, pattern)
  return (method, path) => findRoute(router, method, path)
}
