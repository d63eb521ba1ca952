/**
 * Where an event comes from:
 *
 * - `rest`: API Gateway REST API, the only format that it has (1.0)
 * - `http-1`: API Gateway HTTP API with payload format 1.0
 * - `http`: API Gateway HTTP API with payload format 2.0
 * - `url`: function URL, the same format with another encoding of the path
 * - `alb`, `alb-multi`: Application Load Balancer, without and with multi-value headers
 * - `websocket`: API Gateway WebSocket API
 */
export type EventKind = 'rest' | 'http-1' | 'http' | 'url' | 'alb' | 'alb-multi' | 'websocket'

/** A JSON object as Lambda hands it over; nothing is known of its members. */
export type EventRecord = Readonly<Record<string, unknown>>

/** An event and what it was recognised as. */
export interface KnownEvent {
  readonly kind: EventKind
  readonly event: EventRecord
  readonly requestContext: EventRecord
}

/** So many names of fields are shown of an event that nobody knows. */
const maxShownFields = 12

/** Recognises an event by its shape. `TypeError` for an unknown one, with the fields that were expected. */
export function recogniseEvent(event: unknown): KnownEvent {
  if (isRecord(event) && isRecord(event['requestContext'])) {
    const kind = kindOf(event, event['requestContext'])
    if (kind !== null) return { kind, event, requestContext: event['requestContext'] }
  }
  throw new TypeError(
    `Expected an HTTP event: requestContext.http and version 2.0 (HTTP API, function URL), httpMethod and path with requestContext (REST API), requestContext.elb (load balancer), or requestContext.eventType and connectionId (WebSocket API); got ${shapeOf(event)}. Give events of other sources a function of their own`,
  )
}

function kindOf(event: EventRecord, context: EventRecord): EventKind | null {
  if (isRecord(context['http']) && event['version'] === '2.0') {
    const domain = context['domainName']
    // The two have one format, but only the function URL leaves the path encoded.
    return typeof domain === 'string' && /\.lambda-url\.[a-z0-9-]+\.on\.aws$/.test(domain) ? 'url' : 'http'
  }
  const { eventType } = context
  if (typeof context['connectionId'] === 'string')
    return eventType === 'CONNECT' || eventType === 'MESSAGE' || eventType === 'DISCONNECT'
      ? 'websocket'
      : null
  if (typeof event['httpMethod'] !== 'string' || typeof event['path'] !== 'string') return null
  if (isRecord(context['elb'])) return isRecord(event['multiValueHeaders']) ? 'alb-multi' : 'alb'
  return event['version'] === '1.0' ? 'http-1' : 'rest'
}

/** Names of fields, never their values. */
function shapeOf(event: unknown): string {
  if (!isRecord(event)) return event === null ? 'null' : Array.isArray(event) ? 'a list' : typeof event
  const names = Object.keys(event)
  if (names.length === 0) return 'an object without fields'
  const shown = names.slice(0, maxShownFields).map((name) => name.slice(0, 40))
  return `an object with ${shown.join(', ')}${names.length > maxShownFields ? ', …' : ''}`
}

/** Is it an object that is no list? */
export function isRecord(value: unknown): value is EventRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
