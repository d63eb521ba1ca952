const host = 'q9w8e7.lambda-url.eu-central-1.on.aws'
const headers = {
  host,
  accept: '*/*',
  'accept-encoding': 'gzip, br',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) bench',
  'x-amzn-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
}
const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))

/** An event of a kind, with the fields that gateways send. */
export function makeEvent(kind) {
  const path = kind === 'native' ? '/native' : '/'
  const method = kind === 'post' ? 'POST' : 'GET'
  const query = { a: '1', b: 'two words' }
  const body = kind === 'post' ? JSON.stringify({ text: 'x'.repeat(1000) }) : null
  if (kind === 'rest' || kind === 'alb') {
    return {
      httpMethod: method,
      path,
      headers,
      queryStringParameters: query,
      ...(kind === 'rest' && {
        multiValueHeaders: lists,
        multiValueQueryStringParameters: { a: ['1'], b: ['two words'] },
      }),
      requestContext:
        kind === 'rest'
          ? { identity: { sourceIp: '203.0.113.7' }, protocol: 'HTTP/1.1', stage: 'prod' }
          : { elb: { targetGroupArn: 'arn' } },
      body,
      isBase64Encoded: false,
    }
  }
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: 'a=1&b=two%20words',
    cookies: ['a=1', 'b=2'],
    headers,
    requestContext: {
      domainName: kind === 'http' ? 'a1b2c3.execute-api.eu-central-1.amazonaws.com' : host,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench' },
      stage: '$default',
    },
    ...(body !== null && { body }),
    isBase64Encoded: false,
  }
}

export function makeContext() {
  return { callbackWaitsForEmptyEventLoop: true, getRemainingTimeInMillis: () => 30_000 }
}
