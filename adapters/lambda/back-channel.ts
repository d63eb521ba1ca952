import { RockstarError } from '../../src/errors/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import type { SigningKeys } from './sigv4.ts'
import { signRequest } from './sigv4.ts'

/** How long API Gateway may take for one message, in milliseconds. */
const timeoutMs = 5000

/** The way to the clients of a WebSocket API: requests to its `@connections`. */
export interface BackChannel {
  /** Sends one message. False when the connection is gone; `STORE_FAILED` when API Gateway refuses it. */
  send(connectionId: string, message: string | Uint8Array<ArrayBuffer>): Promise<boolean>
  /** Closes the connection. False when it was gone. */
  close(connectionId: string): Promise<boolean>
}

const encoder = new TextEncoder()

/**
 * Makes the way back. `endpoint` is the URL of the API's stage. The credentials are those that Lambda gives the function
 * in its environment; its role needs `execute-api:ManageConnections`.
 */
export function createBackChannel(endpoint: string, platform: Pick<Platform, 'clock' | 'env'>): BackChannel {
  async function ask(
    method: 'POST' | 'DELETE',
    connectionId: string,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    const url = new URL(`${endpoint.replace(/\/$/, '')}/@connections/${encodeURIComponent(connectionId)}`)
    const unsigned = { method, url, body, service: 'execute-api', now: platform.clock.now() }
    const headers = await signRequest(unsigned, keysOf(platform.env))
    const response = await fetch(url, {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(method === 'POST' && { body }),
    })
    await response.body?.cancel()
    if (response.status === 410) return false
    if (response.ok) return true
    const hint =
      response.status === 403 ? 'allow execute-api:ManageConnections to its role' : 'see the logs of the API'
    throw new RockstarError(
      'STORE_FAILED',
      `Expected API Gateway to take a ${method} to a WebSocket connection, got ${response.status}; ${hint}`,
    )
  }

  return {
    send: (id, message) => ask('POST', id, typeof message === 'string' ? encoder.encode(message) : message),
    close: (id) => ask('DELETE', id, new Uint8Array(0)),
  }
}

function keysOf(env: Readonly<Record<string, unknown>>): SigningKeys {
  const [accessKeyId, secretAccessKey, region] = [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_REGION',
  ].map((name) => env[name])
  const sessionToken = env['AWS_SESSION_TOKEN']
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || typeof region !== 'string')
    throw new RockstarError(
      'CAPABILITY_MISSING',
      'Expected AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION in the environment, as Lambda sets them',
    )
  return {
    accessKeyId,
    secretAccessKey,
    region,
    sessionToken: typeof sessionToken === 'string' && sessionToken !== '' ? sessionToken : null,
  }
}
