import { Readable } from 'node:stream'
import type { Incoming } from '../../../adapters/node/incoming.ts'
import { NodeRequest } from '../../../adapters/node/request.ts'
import type { WireRequest } from '../../../src/platform/contract.ts'

/** What a request of a test is made of. */
export interface Made {
  readonly method?: string
  readonly target?: string
  readonly host?: string
  readonly encrypted?: boolean
  readonly headers?: readonly [string, string][]
  readonly body?: string
}

/** A request of ours without a connection. */
export function makeRequest(made: Made = {}): WireRequest {
  const body = made.body === undefined ? null : Readable.from([Buffer.from(made.body)])
  const length = made.body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(made.body))]
  const incoming: Incoming = {
    method: made.method ?? 'GET',
    target: made.target ?? '/',
    host: made.host ?? 'a.test',
    encrypted: made.encrypted ?? false,
    hasBody: body !== null,
    contentLength: made.body === undefined ? null : Buffer.byteLength(made.body),
    rawHeaders: [...(made.headers ?? []).flat(), ...length],
    openBody: () => body ?? Readable.from([]),
    onGone: () => () => undefined,
    peer: () => null,
    earlyHints: () => false,
    upgrade: () => new Response(),
  }
  return new NodeRequest(incoming) as unknown as WireRequest
}
