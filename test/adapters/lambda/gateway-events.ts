/** What a gateway gets of a client. */
export interface ClientRequest {
  readonly method: string
  /** As the client sent it: path and query, encoded. */
  readonly target: string
  /** Name, value, name, value, as the client sent them. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly address: string
}

/** What stands before the function. The two that end in `stream` take a streamed answer. */
export type GatewayKind =
  | 'rest'
  | 'rest-stream'
  | 'http-1'
  | 'http'
  | 'url'
  | 'url-stream'
  | 'alb'
  | 'alb-multi'

/** Makes the event that AWS would make of a request. `URIError` for a path that the gateway refuses itself. */
export function makeEvent(kind: GatewayKind, request: ClientRequest): object {
  if (kind === 'http' || kind === 'url' || kind === 'url-stream') return makeFormat2(kind, request)
  return kind === 'alb' || kind === 'alb-multi' ? makeAlb(kind, request) : makeFormat1(kind, request)
}

function makeFormat2(kind: 'http' | 'url' | 'url-stream', request: ClientRequest): object {
  const { path, query } = split(request.target)
  const fields = forwarded(request, 'https')
  const cookies = fields.get('cookie')?.flatMap((value) => value.split('; '))
  const headers = Object.fromEntries(
    [...fields]
      .filter(([name]) => name !== 'cookie' || kind !== 'http')
      .map(([name, all]) => [name, all.join(',')]),
  )
  // An HTTP API decodes the path before it hands it on; a function URL does not.
  const rawPath = kind === 'http' ? decode(path) : path
  const domain = kind === 'http' ? 'a1b2c3.execute-api' : 'q9w8e7.lambda-url'
  const tail = kind === 'http' ? 'amazonaws.com' : 'on.aws'
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    ...(cookies !== undefined && { cookies }),
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: domain.slice(0, 6),
      domainName: `${domain}.eu-central-1.${tail}`,
      domainPrefix: domain.slice(0, 6),
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.address,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: 'id-of-the-request',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:10:00:00 +0000',
      timeEpoch: 1_795_428_000_000,
    },
    ...bodyOf(request, /^(?:text\/|application\/(?:json|xml|javascript))/),
  }
}

function makeFormat1(kind: 'rest' | 'rest-stream' | 'http-1', request: ClientRequest): object {
  const { path, query } = split(request.target)
  const multiValueHeaders = Object.fromEntries(forwarded(request, 'https'))
  const parameters = toLists([...new URLSearchParams(query)])
  const isHttp = kind === 'http-1'
  return {
    ...(isHttp && { version: '1.0' }),
    resource: '/{proxy+}',
    path: isHttp ? decode(path) : path,
    httpMethod: request.method,
    headers: lastValues(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: parameters === null ? null : lastValues(parameters),
    multiValueQueryStringParameters: parameters,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'a1b2c3',
      domainName: 'a1b2c3.execute-api.eu-central-1.amazonaws.com',
      httpMethod: request.method,
      identity: { sourceIp: request.address, userAgent: null },
      path,
      protocol: 'HTTP/1.1',
      requestId: 'id-of-the-request',
      requestTimeEpoch: 1_795_428_000_000,
      resourcePath: '/{proxy+}',
      stage: isHttp ? '$default' : 'prod',
    },
    // A REST API with the binary media type */*.
    ...bodyOf(request, isHttp ? /^(?:text\/|application\/(?:json|xml|javascript))/ : /^never$/),
  }
}

function makeAlb(kind: 'alb' | 'alb-multi', request: ClientRequest): object {
  const { path, query } = split(request.target)
  const lists = Object.fromEntries(forwarded(request, 'http'))
  // Names and values as they came.
  const pairs = query === '' ? [] : query.split('&').map((pair) => splitAt(pair, '='))
  const parameters = toLists(pairs) ?? {}
  return {
    requestContext: {
      elb: {
        targetGroupArn:
          'arn:aws:elasticloadbalancing:eu-central-1:000000000000:targetgroup/fixture/0123456789abcdef',
      },
    },
    httpMethod: request.method,
    path,
    ...(kind === 'alb'
      ? { headers: lastValues(lists), queryStringParameters: lastValues(parameters) }
      : { multiValueHeaders: lists, multiValueQueryStringParameters: parameters }),
    ...bodyOf(request, /^(?:text\/|application\/(?:json|xml|javascript))/, ''),
  }
}

function bodyOf(
  { rawHeaders, body }: ClientRequest,
  text: RegExp,
  none: string | null = null,
): { body: string | null; isBase64Encoded: boolean } {
  if (body.length === 0) return { body: none, isBase64Encoded: false }
  const fields = toFields(rawHeaders)
  const isText = text.test(fields.get('content-type')?.[0] ?? '') && !fields.has('content-encoding')
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

/** The fields with those that every gateway adds; names in lower case. */
function forwarded({ rawHeaders, address }: ClientRequest, proto: string): Map<string, string[]> {
  const fields = toFields(rawHeaders)
  // Those of the connection end at the gateway.
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade']) fields.delete(name)
  fields.set('x-forwarded-for', [[...(fields.get('x-forwarded-for') ?? []), address].join(', ')])
  fields.set('x-forwarded-proto', [proto])
  fields.set('x-forwarded-port', [proto === 'https' ? '443' : '80'])
  return fields
}

function toFields(raw: readonly string[]): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  for (let index = 1; index < raw.length; index += 2) {
    const name = (raw[index - 1] ?? '').toLowerCase()
    fields.set(name, [...(fields.get(name) ?? []), raw[index] ?? ''])
  }
  return fields
}

function toLists(pairs: readonly (readonly [string, string])[]): Record<string, string[]> | null {
  if (pairs.length === 0) return null
  const lists: Record<string, string[]> = {}
  for (const [name, value] of pairs) lists[name] = [...(lists[name] ?? []), value]
  return lists
}

function lastValues(lists: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? '']))
}

function split(target: string): { path: string; query: string } {
  const [path, query] = splitAt(target, '?')
  return { path, query }
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** `URIError` for what cannot be decoded: a gateway that decodes cannot hand it on. */
function decode(path: string): string {
  return decodeURIComponent(path)
}
