import { Memoirist } from 'memoirist'
import { addRoute, createRouter as createRou3, findRoute } from 'rou3'
import { createRouter } from '../../src/router/index.ts'
import { median, spread } from '../numbers.ts'
import { requests, routes } from './routes.ts'

/** Finds one route; what it gives is used, so that no search can be optimised away. */
type Find = (method: string, path: string) => unknown

const candidates: Readonly<Record<string, Find>> = {
  rockstar: rockstar(),
  memoirist: memoirist(),
  rou3: rou3(),
}
const rounds = 31
const repeats = 400

const results = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]))
let found = 0
for (let round = 0; round < rounds; round++) {
  for (const [name, find] of Object.entries(candidates)) {
    const began = process.hrtime.bigint()
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [method, path] of requests) if (find(method, path) != null) found++
    }
    const nanoseconds = Number(process.hrtime.bigint() - began) / (repeats * requests.length)
    // The first rounds warm up.
    if (round >= 5) results.get(name)?.push(nanoseconds)
  }
}
console.log(`${routes.length} routes, ${requests.length} requests, Node ${process.version}; ${found} matches`)
for (const [name, values] of results) {
  console.log(`${name.padEnd(10)} ${median(values).toFixed(0)} ± ${spread(values).toFixed(0)} ns per match`)
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
