import { Memoirist } from 'memoirist'
import { addRoute, createRouter as createRou3, findRoute } from 'rou3'
import { createRouter } from '../../src/router/index.ts'
import { median, spread } from '../numbers.ts'
import type { Figure } from '../startup.ts'
import { requests, routes } from './routes.ts'

/** Finds one route; what it gives is used, so that no search can be optimised away. */
type Find = (method: string, path: string) => unknown

const rounds = 31
const repeats = 400
const warmUp = 5

/** Nanoseconds per match of each router, over every route of the table and a few misses, in turn within each round. */
export function measureRouters(): Figure[] {
  const candidates: Readonly<Record<string, Find>> = {
    rockstar: rockstar(),
    memoirist: memoirist(),
    rou3: rou3(),
  }
  const results = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]))
  let found = 0
  for (let round = 0; round < rounds; round++) {
    for (const [name, find] of Object.entries(candidates)) {
      const began = process.hrtime.bigint()
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (const [method, path] of requests) if (find(method, path) != null) found++
      }
      const nanoseconds = Number(process.hrtime.bigint() - began) / (repeats * requests.length)
      if (round >= warmUp) results.get(name)?.push(nanoseconds)
    }
  }
  if (found === 0) throw new Error('Expected matches')
  return [...results].map(([name, values]) => ({
    name: `one match among ${routes.length} routes, ${name} (ns)`,
    value: median(values),
    spread: spread(values),
  }))
}

if (process.argv[1]?.endsWith('router/run.ts') === true) {
  for (const { name, value, spread: half } of measureRouters())
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
