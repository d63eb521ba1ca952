import { cases } from './cases.ts'

/** The servers that the suite runs on, in the order of the table. */
export const runtimeTitles = [
  'Node HTTP/1.1',
  'Node HTTP/2',
  'Node prefork',
  'Workers',
  'Deno',
  'Bun',
  'Lambda REST (v1)',
  'Lambda HTTP (v2)',
  'Lambda ALB',
  'Lambda streaming',
] as const

export type RuntimeTitle = (typeof runtimeTitles)[number]

/** What is not alike, and why. What is not here must be. */
interface Difference {
  readonly runtimes: readonly RuntimeTitle[]
  readonly cases: readonly string[]
  readonly reason: string
}

const buffered: readonly RuntimeTitle[] = ['Lambda REST (v1)', 'Lambda HTTP (v2)', 'Lambda ALB']

export const differences: readonly Difference[] = [
  {
    runtimes: [...buffered, 'Lambda streaming'],
    cases: ['a request, piece by piece', 'a client that goes away ends the stream and aborts ctx.signal'],
    reason: 'Lambda hands over whole requests, and tells nobody that a client has gone.',
  },
  {
    runtimes: buffered,
    cases: ['a response, piece by piece', 'a stream that breaks is no complete answer'],
    reason: 'The answer is one event: it comes as a whole, and one that breaks is a 500 in its place.',
  },
  {
    runtimes: ['Lambda HTTP (v2)'],
    cases: ['parameters, optional ones and the query, decoded'],
    reason: 'An HTTP API decodes the path before the function sees it: an encoded slash is a slash.',
  },
  {
    runtimes: [...buffered, 'Lambda streaming'],
    cases: [
      'WebSocket: text, bytes, parameters and close codes',
      'WebSocket: rooms',
      'WebSocket: refused before the upgrade, by middleware and by origin',
    ],
    reason: 'WebSockets come to Lambda as events of a gateway of their own kind.',
  },
]

/** The cases that differ on a runtime, with their reasons. Throws for a name that no case has. */
export function differencesOf(runtime: RuntimeTitle): ReadonlyMap<string, string> {
  const known = new Set(cases.map(({ name }) => name))
  const found = new Map<string, string>()
  for (const { cases: names, reason, runtimes } of differences) {
    for (const name of names) {
      if (!known.has(name)) throw new Error(`Expected the name of a case, got ${name}`)
      if (runtimes.includes(runtime)) found.set(name, reason)
    }
  }
  return found
}
